// EAP-SIM at the client, with a card in software. RFC 4186. Full authentication only.
#pragma once

#include "eap/client_method.h"
#include "eap/simaka_keys.h"
#include "eap/simaka_message.h"

namespace keypact::eap {

inline constexpr std::uint16_t kSimVersion = 1;
inline constexpr std::array<std::uint8_t, 2> kSimVersionList = {0, 1};

class SimClient final : public ClientMethod {
 public:
  explicit SimClient(std::shared_ptr<const ClientConfig> config);
  [[nodiscard]] Result<Octets, Refusal> on_request(OctetView data, std::uint8_t identifier,
                                                   const ClientSurroundings& surroundings) override;
  [[nodiscard]] Result<std::optional<Msk>, Refusal> on_success(const ClientSurroundings& surroundings) override;
  [[nodiscard]] Refusal on_failure() const override;

 private:
  [[nodiscard]] Octets on_start(const SimAkaMessage& message, const ClientSurroundings& surroundings);
  [[nodiscard]] Octets on_challenge(const SimAkaMessage& message, const Packet& packet);
  [[nodiscard]] Octets on_notification(const SimAkaMessage& message, const Packet& packet);
  [[nodiscard]] Octets client_error(Reason reason, std::string sentence);

  std::shared_ptr<const ClientConfig> config_;
  std::string identity_;  ///< that we told last
  Block nonce_{};
  unsigned starts_ = 0;
  Octets version_list_;
  std::optional<SimAkaKeys> keys_;  ///< once the challenge was answered
  std::optional<Refusal> ended_;
};

}  // namespace keypact::eap
