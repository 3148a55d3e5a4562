// EAP-TLS, EAP-TTLS and PEAP at the client: the conversation around TLS. RFC 5216, RFC 9190, RFC 5281.
#pragma once

#include "eap/tls_fragments.h"
#include "eap/tunnel.h"

namespace keypact::eap {

class TlsClient final : public ClientMethod {
 public:
  /// `inner` is null for EAP-TLS, where we show a certificate.
  TlsClient(Method method, std::shared_ptr<const ClientConfig> config, std::unique_ptr<TunnelClient> inner);
  [[nodiscard]] Result<Octets, Refusal> on_request(OctetView data, std::uint8_t identifier,
                                                   const ClientSurroundings& surroundings) override;
  [[nodiscard]] Result<std::optional<Msk>, Refusal> on_success(const ClientSurroundings& surroundings) override;
  [[nodiscard]] Refusal on_failure() const override;

 private:
  [[nodiscard]] Result<Octets, Refusal> on_start(const ClientSurroundings& surroundings);
  [[nodiscard]] Result<Octets, Refusal> on_flight(OctetView flight, const ClientSurroundings& surroundings);
  [[nodiscard]] Result<Octets, Refusal> in_tunnel(bool was_established, const ClientSurroundings& surroundings);
  [[nodiscard]] Result<void, Refusal> take_commitment(OctetView clear);
  [[nodiscard]] Octets say(Octets flight);
  [[nodiscard]] Refusal refusal(Reason reason, std::string sentence) const;
  [[nodiscard]] Refusal refused_by_server(std::string sentence) const;

  Method method_;
  std::shared_ptr<const ClientConfig> config_;
  std::unique_ptr<TunnelClient> inner_;
  TlsFragments fragments_;
  std::unique_ptr<TlsSession> session_;  ///< null until the server starts
  bool committed_ = false;               ///< the server said that it is content (TLS 1.3)
  std::optional<Refusal> ended_;         ///< TLS is over; the server was told by an alert
};

}  // namespace keypact::eap
