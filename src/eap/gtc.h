// EAP-GTC, as it is used with passwords. RFC 3748 §5.6. The password goes over as it is: for use inside a tunnel, or beside a
// server that proved itself otherwise.
#pragma once

#include "eap/client_method.h"
#include "eap/server_method.h"

namespace keypact::eap {

class GtcServer final : public ServerMethod {
 public:
  explicit GtcServer(std::string identity) : identity_(std::move(identity)) {}
  [[nodiscard]] ServerMethodStep begin(std::uint8_t identifier, const ServerSurroundings& surroundings) override;
  [[nodiscard]] ServerMethodStep on_response(OctetView data, std::uint8_t next_identifier,
                                             const ServerSurroundings& surroundings) override;

 private:
  std::string identity_;
};

class GtcClient final : public ClientMethod {
 public:
  explicit GtcClient(std::shared_ptr<const ClientConfig> config) : config_(std::move(config)) {}
  [[nodiscard]] Result<Octets, Refusal> on_request(OctetView data, std::uint8_t identifier,
                                                   const ClientSurroundings& surroundings) override;
  [[nodiscard]] Result<std::optional<Msk>, Refusal> on_success(const ClientSurroundings& /*surroundings*/) override {
    return std::optional<Msk>();
  }
  [[nodiscard]] Refusal on_failure() const override;

 private:
  std::shared_ptr<const ClientConfig> config_;
  bool answered_ = false;
};

}  // namespace keypact::eap
