// ClientConfig: what a client proves itself with, and what it wants of the server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eap/credentials.h"
#include "eap/tls_settings.h"

namespace keypact::eap {

enum class TtlsInner : std::uint8_t { eap, pap, mschapv2 };

/// What TTLS and PEAP do inside of their tunnel.
struct ClientInner {
  std::vector<Method> methods{Method::MSCHAPV2};  ///< of EAP, in order of preference
  TtlsInner ttls = TtlsInner::eap;
};

struct ClientConfig {
  /// What we let ourselves be authenticated with, in order of preference; of those that client_speaks(). Others are answered with
  /// a Nak that names these.
  std::vector<Method> methods;
  std::string identity;
  Password password;  ///< of the methods that have one; for SIM, AKA and AKA' the card's K | OPc, 32 octets
  std::string anonymous_identity{};  ///< not empty: what EAP-Identity says outside of a tunnel, "@example.org"
  std::uint64_t card_sequence =
      0;  ///< of AKA and AKA': the greatest number that the card has seen; older ones are refused
  ClientInner inner{};
  std::shared_ptr<const TlsSettings> tls{};  ///< of the methods over TLS
};

/// Of the client inside of the tunnel of TTLS or PEAP.
[[nodiscard]] std::shared_ptr<const ClientConfig> inner_of(const ClientConfig& outer);

}  // namespace keypact::eap
