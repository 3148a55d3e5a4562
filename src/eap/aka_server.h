// EAP-AKA and EAP-AKA' at the server, with the subscribers' keys here. RFC 4187, RFC 9048. Full authentication only: no pseudonyms, no fast
// re-authentication.
#pragma once

#include "eap/server_method.h"
#include "eap/simaka_keys.h"
#include "eap/simaka_message.h"

namespace keypact::eap {

/// What the secret of EAP-SIM, EAP-AKA and EAP-AKA' is: K | OPc of Milenage, 32 octets.
[[nodiscard]] std::optional<Password> find_subscriber(const SecretSource& secrets, Method method,
                                                      std::string_view identity);

class AkaServer final : public ServerMethod {
 public:
  AkaServer(Method method, std::shared_ptr<const ServerConfig> config, std::string identity)
      : method_(method), config_(std::move(config)), identity_(std::move(identity)) {}
  [[nodiscard]] ServerMethodStep begin(std::uint8_t identifier, const ServerSurroundings& surroundings) override;
  [[nodiscard]] ServerMethodStep on_response(OctetView data, std::uint8_t next_identifier,
                                             const ServerSurroundings& surroundings) override;

 private:
  enum class Waiting : std::uint8_t { identity, challenge, acknowledgement_of_failure };

  [[nodiscard]] ServerMethodStep on_message(const SimAkaMessage& message, const Packet& packet,
                                            const ServerSurroundings& surroundings);
  [[nodiscard]] ServerMethodStep ask_identity(std::uint8_t identifier);
  [[nodiscard]] ServerMethodStep on_identity(const SimAkaMessage& message, const Packet& packet,
                                             const ServerSurroundings& surroundings);
  [[nodiscard]] ServerMethodStep challenge(const Password& subscriber, SequenceNumber sequence, std::uint8_t identifier,
                                           const ServerSurroundings& surroundings);
  [[nodiscard]] ServerMethodStep on_resynchronization(const SimAkaMessage& message, const Packet& packet,
                                                      const ServerSurroundings& surroundings);
  [[nodiscard]] ServerMethodStep on_answer(const SimAkaMessage& message, const Packet& packet);
  [[nodiscard]] ServerMethodStep notify(Reason reason, std::string sentence);
  [[nodiscard]] Refusal refusal(Reason reason, std::string sentence) const;

  Method method_;
  std::shared_ptr<const ServerConfig> config_;
  std::string identity_;
  Waiting waiting_ = Waiting::challenge;
  Octets identity_packets_;  ///< what AT_CHECKCODE is over
  AkaVector vector_;
  SimAkaKeys keys_;
  bool resynchronized_ = false;
  Refusal refusal_;
};

}  // namespace keypact::eap
