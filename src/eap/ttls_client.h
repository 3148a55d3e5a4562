// TTLS inside the tunnel, at the client: PAP, MS-CHAP-V2 or EAP. RFC 5281 §11.2.
#pragma once

#include "eap/avp.h"
#include "eap/client.h"
#include "eap/mschapv2.h"
#include "eap/tunnel.h"

namespace keypact::eap {

class TtlsClient final : public TunnelClient {
 public:
  explicit TtlsClient(std::shared_ptr<const ClientConfig> config) : config_(std::move(config)) {}
  [[nodiscard]] Result<Octets, Refusal> begin(const TlsSession& session,
                                              const ClientSurroundings& surroundings) override;
  [[nodiscard]] Result<Octets, Refusal> on_clear(OctetView clear, const ClientSurroundings& surroundings) override;
  [[nodiscard]] Result<void, Refusal> on_success(const ClientSurroundings& surroundings) override;
  [[nodiscard]] std::string told() const override;

 private:
  [[nodiscard]] Result<Octets, Refusal> begin_mschapv2(const TlsSession& session,
                                                       const ClientSurroundings& surroundings);
  [[nodiscard]] Result<Octets, Refusal> on_mschapv2(const std::vector<Avp>& avps);
  [[nodiscard]] Result<Octets, Refusal> on_eap(OctetView packet, const ClientSurroundings& surroundings);

  std::shared_ptr<const ClientConfig> config_;
  std::unique_ptr<Client> eap_;
  bool content_ = false;  ///< nothing is left that the server has to prove
  mschapv2::AuthenticatorResponse wanted_{};
  std::uint8_t ident_ = 0;
  std::string told_;
};

}  // namespace keypact::eap
