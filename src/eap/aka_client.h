// EAP-AKA and EAP-AKA' at the client, with a card in software. RFC 4187, RFC 9048. Full authentication only.
#pragma once

#include "eap/client_method.h"
#include "eap/simaka_keys.h"
#include "eap/simaka_message.h"

namespace keypact::eap {

class AkaClient final : public ClientMethod {
 public:
  AkaClient(Method method, std::shared_ptr<const ClientConfig> config);
  [[nodiscard]] Result<Octets, Refusal> on_request(OctetView data, std::uint8_t identifier,
                                                   const ClientSurroundings& surroundings) override;
  [[nodiscard]] Result<std::optional<Msk>, Refusal> on_success(const ClientSurroundings& surroundings) override;
  [[nodiscard]] Refusal on_failure() const override;
  [[nodiscard]] std::uint64_t card_sequence() const override { return card_sequence_; }

 private:
  [[nodiscard]] Octets on_identity(const SimAkaMessage& message, const Packet& packet);
  [[nodiscard]] Octets on_challenge(const SimAkaMessage& message, const Packet& packet);
  [[nodiscard]] Octets on_vector(const SimAkaMessage& message, const Packet& packet, const Block& rand,
                                 const Autn& autn);
  [[nodiscard]] Octets answer(const SimAkaMessage& message, const Packet& packet, CardAnswer card, const Autn& autn);
  [[nodiscard]] Octets on_notification(const SimAkaMessage& message, const Packet& packet);
  /// AKA': nothing when the challenge may go on; else what to answer.
  [[nodiscard]] std::optional<Octets> on_kdf(const SimAkaMessage& message);
  [[nodiscard]] Octets client_error(Reason reason, std::string sentence);
  [[nodiscard]] Octets reject(std::string sentence);
  [[nodiscard]] Octets end(Octets said, Reason reason, std::string sentence);

  Method method_;
  std::shared_ptr<const ClientConfig> config_;
  std::string identity_;     ///< that we told last
  Octets identity_packets_;  ///< what AT_CHECKCODE is over
  unsigned identity_rounds_ = 0;
  std::vector<std::uint16_t> kdfs_;  ///< wanted after we chose another one than the first
  bool resynchronized_ = false;
  std::uint64_t card_sequence_;
  std::optional<SimAkaKeys> keys_;  ///< once the challenge was answered
  std::optional<Refusal> ended_;
};

}  // namespace keypact::eap
