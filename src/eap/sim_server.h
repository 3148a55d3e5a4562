// EAP-SIM at the server, with triplets made of the subscriber's key. RFC 4186. Full authentication only.
#pragma once

#include "eap/server_method.h"
#include "eap/simaka_keys.h"
#include "eap/simaka_message.h"

namespace keypact::eap {

class SimServer final : public ServerMethod {
 public:
  explicit SimServer(std::string identity) : identity_(std::move(identity)) {}
  [[nodiscard]] ServerMethodStep begin(std::uint8_t identifier, const ServerSurroundings& surroundings) override;
  [[nodiscard]] ServerMethodStep on_response(OctetView data, std::uint8_t next_identifier,
                                             const ServerSurroundings& surroundings) override;

 private:
  enum class Waiting : std::uint8_t { start, challenge, acknowledgement_of_failure };

  [[nodiscard]] ServerMethodStep on_start(const SimAkaMessage& message, std::uint8_t next_identifier,
                                          const ServerSurroundings& surroundings);
  [[nodiscard]] ServerMethodStep on_answer(const Packet& packet);
  [[nodiscard]] ServerMethodStep notify(Reason reason, std::string sentence);

  std::string identity_;
  bool identity_asked_ = false;
  Waiting waiting_ = Waiting::start;
  Octets answers_;  ///< the SRES of all triplets
  SimAkaKeys keys_;
  Refusal refusal_;
};

}  // namespace keypact::eap
