// PEAPv0 inside the tunnel, at both ends: EAP without its header, and the packet that says how it ended. draft-kamath-pppext-peapv0,
// MS-PEAP. Without cryptobinding.
#pragma once

#include "eap/client.h"
#include "eap/server.h"
#include "eap/tunnel.h"

namespace keypact::eap {

/// EAP-TLV (type 33) with one Result TLV, as a whole packet.
[[nodiscard]] Octets encode_peap_result(Code code, std::uint8_t identifier, bool success);
/// The result that the data of type 33 tells; nothing when there is none, or it is malformed.
[[nodiscard]] std::optional<bool> parse_peap_result(OctetView data);
/// What came in the tunnel as a whole packet; the header is there only sometimes.
[[nodiscard]] Octets with_header(OctetView clear, Code code, std::uint8_t identifier);
[[nodiscard]] Octets without_header(OctetView packet);

class PeapServer final : public TunnelServer {
 public:
  explicit PeapServer(const ServerConfig& config);
  [[nodiscard]] TunnelServerStep begin(const TlsSession& session, const ServerSurroundings& surroundings) override;
  [[nodiscard]] TunnelServerStep on_clear(OctetView clear, const TlsSession& session,
                                          const ServerSurroundings& surroundings) override;
  [[nodiscard]] TunnelServerStep on_acknowledgement() override;

 private:
  [[nodiscard]] TunnelServerStep carry_out(ServerStep step);
  [[nodiscard]] TunnelServerStep on_result(const Packet& packet);

  Server eap_;
  std::uint8_t identifier_ = 0;  ///< of the request inside that is outstanding
  bool ended_ = false;           ///< the result was told
  std::optional<Refusal> refusal_;
  std::string identity_;
};

class PeapClient final : public TunnelClient {
 public:
  explicit PeapClient(const ClientConfig& config);
  [[nodiscard]] Result<Octets, Refusal> begin(const TlsSession& session,
                                              const ClientSurroundings& surroundings) override;
  [[nodiscard]] Result<Octets, Refusal> on_clear(OctetView clear, const ClientSurroundings& surroundings) override;
  [[nodiscard]] Result<void, Refusal> on_success(const ClientSurroundings& surroundings) override;
  [[nodiscard]] std::string told() const override { return ended_ ? told_ : eap_.told(); }

 private:
  [[nodiscard]] Result<Octets, Refusal> on_result(const Packet& packet, const ClientSurroundings& surroundings);
  [[nodiscard]] Result<void, Refusal> finish_inner(Code code, const ClientSurroundings& surroundings);

  Client eap_;
  bool content_ = false;
  bool ended_ = false;
  std::string told_;
};

}  // namespace keypact::eap
