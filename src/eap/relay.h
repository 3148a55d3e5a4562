// Relay: EAP between a peer and a RADIUS server, at whoever stands between them: what goes on to which of the two, and what the server's
// word means. RFC 3579 §2. It is driven as eap::Server is; the server's methods are not known here.
#pragma once

#include "eap/server.h"
#include "radius/client.h"

namespace keypact::eap {

/// What the server is told of the peer, beside its name.
struct RelayedPeer {
  Endpoint peer;           ///< Calling-Station-Id
  Endpoint local;          ///< Called-Station-Id, NAS-IP-Address
  std::string connection;  ///< NAS-Port-Id
  std::uint32_t port = 0;  ///< NAS-Port: another number for each IKE SA
};

class Relay {
 public:
  using Step = std::variant<ServerStep, radius::Question>;

  /// `identity`: what the peer calls itself; nothing: it is asked.
  Relay(RelayedPeer peer, std::optional<std::string> identity)
      : peer_(std::move(peer)), identity_(std::move(identity)) {}

  /// To be called once, before all others.
  [[nodiscard]] Step start();
  [[nodiscard]] Step on_response(OctetView packet);
  /// To the last question. Not to be called after an end.
  [[nodiscard]] ServerStep on_outcome(radius::Outcome outcome);

 private:
  [[nodiscard]] Step on_identity(std::string identity, Octets packet);
  [[nodiscard]] radius::Question question(OctetView packet) const;
  [[nodiscard]] ServerStep on_challenge(const radius::Answer& answer);
  [[nodiscard]] ServerStep on_accept(const radius::Answer& answer);
  [[nodiscard]] ServerStep on_reject(const radius::Answer& answer);
  [[nodiscard]] ServerStep fail(Reason reason, std::string sentence) const;

  RelayedPeer peer_;
  std::optional<std::string> identity_;
  radius::ServerPtr server_;  ///< that has answered
  std::optional<Octets> state_;
  Method method_ = Method::Identity;  ///< that the server has last asked by
  std::uint8_t identifier_ = 0;       ///< of the last request
  unsigned rounds_ = 0;
};

}  // namespace keypact::eap
