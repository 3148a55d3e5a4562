// EAP-MSCHAPv2 at the server. draft-kamath-pppext-eap-mschapv2, RFC 2759.
#pragma once

#include "eap/mschapv2.h"
#include "eap/server_method.h"

namespace keypact::eap {

class Mschapv2Server final : public ServerMethod {
 public:
  Mschapv2Server(std::string identity, std::string name) : identity_(std::move(identity)), name_(std::move(name)) {}
  [[nodiscard]] ServerMethodStep begin(std::uint8_t identifier, const ServerSurroundings& surroundings) override;
  [[nodiscard]] ServerMethodStep on_response(OctetView data, std::uint8_t next_identifier,
                                             const ServerSurroundings& surroundings) override;

 private:
  enum class Waiting : std::uint8_t { response, acknowledgement_of_success, acknowledgement_of_failure };

  [[nodiscard]] ServerMethodStep on_proof(const mschapv2::ResponsePacket& response,
                                          const ServerSurroundings& surroundings);
  [[nodiscard]] ServerMethodStep refuse(Refusal refusal, const ServerSurroundings& surroundings);

  std::string identity_;  ///< "" when any name may come
  std::string name_;
  Waiting waiting_ = Waiting::response;
  std::uint8_t id_ = 0;
  mschapv2::Challenge challenge_{};
  std::string authenticated_;
  std::optional<Msk> msk_;
  Refusal refusal_;
};

}  // namespace keypact::eap
