// TTLS inside the tunnel, at the server: PAP, MS-CHAP-V2 or EAP, as the client chooses of those that are allowed. RFC 5281 §11.2.
#pragma once

#include "eap/avp.h"
#include "eap/mschapv2.h"
#include "eap/server.h"
#include "eap/tunnel.h"

namespace keypact::eap {

/// The challenge that nobody sends (RFC 5281 §11.1): of 16 octets, and an identifier after it.
[[nodiscard]] Secret ttls_challenge(const TlsSession& session);

class TtlsServer final : public TunnelServer {
 public:
  explicit TtlsServer(std::shared_ptr<const ServerConfig> config) : config_(std::move(config)) {}
  [[nodiscard]] TunnelServerStep begin(const TlsSession& session, const ServerSurroundings& surroundings) override;
  [[nodiscard]] TunnelServerStep on_clear(OctetView clear, const TlsSession& session,
                                          const ServerSurroundings& surroundings) override;
  [[nodiscard]] TunnelServerStep on_acknowledgement() override;

 private:
  [[nodiscard]] TunnelServerStep on_avps(const std::vector<Avp>& avps, const TlsSession& session,
                                         const ServerSurroundings& surroundings);
  [[nodiscard]] TunnelServerStep on_password(std::string identity, OctetView password,
                                             const ServerSurroundings& surroundings) const;
  [[nodiscard]] TunnelServerStep on_mschapv2(std::string identity, const std::vector<Avp>& avps,
                                             const TlsSession& session, const ServerSurroundings& surroundings);
  [[nodiscard]] TunnelServerStep on_eap(OctetView packet, const ServerSurroundings& surroundings);
  [[nodiscard]] TunnelServerStep carry_out(ServerStep step);

  std::shared_ptr<const ServerConfig> config_;
  std::unique_ptr<Server> eap_;  ///< once the client chose EAP
  std::string proven_;           ///< by MS-CHAP-V2; the client has yet to acknowledge our proof
  bool proof_sent_ = false;
};

}  // namespace keypact::eap
