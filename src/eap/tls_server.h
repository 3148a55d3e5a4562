// EAP-TLS, EAP-TTLS and PEAP at the server: the conversation around TLS. RFC 5216, RFC 9190, RFC 5281.
#pragma once

#include "eap/tls_fragments.h"
#include "eap/tunnel.h"

namespace keypact::eap {

class TlsServer final : public ServerMethod {
 public:
  /// `inner` is null for EAP-TLS, whose client shows a certificate.
  TlsServer(Method method, std::shared_ptr<const ServerConfig> config, std::string identity,
            std::unique_ptr<TunnelServer> inner);
  [[nodiscard]] ServerMethodStep begin(std::uint8_t identifier, const ServerSurroundings& surroundings) override;
  [[nodiscard]] ServerMethodStep on_response(OctetView data, std::uint8_t next_identifier,
                                             const ServerSurroundings& surroundings) override;

 private:
  enum class Waiting : std::uint8_t { handshake, tunnel, acknowledgement_of_success, acknowledgement_of_alert };

  [[nodiscard]] ServerMethodStep on_flight(OctetView flight, const ServerSurroundings& surroundings);
  [[nodiscard]] ServerMethodStep on_established(const ServerSurroundings& surroundings);
  [[nodiscard]] ServerMethodStep in_tunnel(const ServerSurroundings& surroundings);
  [[nodiscard]] ServerMethodStep carry_out(TunnelServerStep step);
  [[nodiscard]] ServerMethodStep succeed(std::string identity);
  [[nodiscard]] ServerMethodStep say(Octets flight);
  [[nodiscard]] Refusal refusal(Reason reason, std::string sentence) const;
  /// As one of this method: what happened inside of its tunnel.
  [[nodiscard]] Refusal inside(Refusal refusal) const;
  [[nodiscard]] std::string proven_identity() const;

  Method method_;
  std::shared_ptr<const ServerConfig> config_;
  std::string identity_;
  std::unique_ptr<TunnelServer> inner_;
  TlsFragments fragments_;
  std::unique_ptr<TlsSession> session_;
  Waiting waiting_ = Waiting::handshake;
  bool tunnel_begun_ = false;
  std::optional<Refusal> refusal_;  ///< told by an alert, or inside of the tunnel
};

}  // namespace keypact::eap
