// What happens inside the tunnel of TTLS and PEAP, at either end; EAP-TLS has nothing there.
#pragma once

#include <variant>

#include "eap/client_method.h"
#include "eap/server_method.h"
#include "eap/tls_session.h"

namespace keypact::eap {

/// To be said under the protection of the tunnel; nothing: an acknowledgement outside of it.
struct TunnelSay {
  Octets clear;
  std::optional<Refusal> decided{};  ///< as in Ask
};
struct TunnelSucceeded {
  std::string identity;  ///< who the peer is, proven
};
using TunnelServerStep = std::variant<TunnelSay, TunnelSucceeded, Refusal>;

class TunnelServer {
 public:
  virtual ~TunnelServer() = default;
  /// The tunnel is there, and the peer said nothing in it yet.
  [[nodiscard]] virtual TunnelServerStep begin(const TlsSession& session, const ServerSurroundings& surroundings) = 0;
  /// `clear` is not empty.
  [[nodiscard]] virtual TunnelServerStep on_clear(OctetView clear, const TlsSession& session,
                                                  const ServerSurroundings& surroundings) = 0;
  /// The peer acknowledged what we said last, and said nothing itself.
  [[nodiscard]] virtual TunnelServerStep on_acknowledgement() = 0;
};

class TunnelClient {
 public:
  virtual ~TunnelClient() = default;
  /// The tunnel is there: what to say first, if anything.
  [[nodiscard]] virtual Result<Octets, Refusal> begin(const TlsSession& session,
                                                      const ClientSurroundings& surroundings) = 0;
  /// `clear` is not empty; nothing to say is an acknowledgement.
  [[nodiscard]] virtual Result<Octets, Refusal> on_clear(OctetView clear, const ClientSurroundings& surroundings) = 0;
  /// EAP-Success came outside of the tunnel: why it is too early, if it is.
  [[nodiscard]] virtual Result<void, Refusal> on_success(const ClientSurroundings& surroundings) = 0;
  /// What is known of why the server refuses us; "" when nothing is.
  [[nodiscard]] virtual std::string told() const = 0;
};

}  // namespace keypact::eap
