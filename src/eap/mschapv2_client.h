// EAP-MSCHAPv2 at the client. draft-kamath-pppext-eap-mschapv2, RFC 2759.
#pragma once

#include "eap/client_method.h"
#include "eap/mschapv2.h"

namespace keypact::eap {

class Mschapv2Client final : public ClientMethod {
 public:
  explicit Mschapv2Client(std::shared_ptr<const ClientConfig> config) : config_(std::move(config)) {}
  [[nodiscard]] Result<Octets, Refusal> on_request(OctetView data, std::uint8_t identifier,
                                                   const ClientSurroundings& surroundings) override;
  [[nodiscard]] Result<std::optional<Msk>, Refusal> on_success(const ClientSurroundings& surroundings) override;
  [[nodiscard]] Refusal on_failure() const override;

 private:
  enum class Waiting : std::uint8_t { challenge, result, end_after_success, end_after_failure };

  [[nodiscard]] Result<Octets, Refusal> on_challenge(const mschapv2::ChallengePacket& packet,
                                                     const ClientSurroundings& surroundings);
  [[nodiscard]] Result<Octets, Refusal> on_proof(const mschapv2::SuccessPacket& packet);

  std::shared_ptr<const ClientConfig> config_;
  Waiting waiting_ = Waiting::challenge;
  mschapv2::NtResponse response_{};
  mschapv2::AuthenticatorResponse wanted_{};  ///< what proves that the server knows the password
  std::optional<Msk> msk_;
  std::string told_;  ///< why the server refuses us
};

}  // namespace keypact::eap
