// TlsSettings: what one end of a method over TLS proves itself with, and what it wants of the other one.
#pragma once

#include <optional>

#include "pki/peer_authentication.h"
#include "pki/private_key.h"

namespace keypact::eap {

struct TlsOwn {
  std::vector<pki::Certificate> certificates;  ///< of the key first, then those above it
  pki::PrivateKey key;
};

struct TlsSettings {
  std::optional<TlsOwn> own;  ///< a server always has one; a client for EAP-TLS
  pki::PeerRules peer;        ///< whom the other end's certificate has to be trusted by
  /// Of a client: the server's certificate has to speak for one of these. Empty: for anybody whom `peer` trusts.
  std::vector<IdentityPattern> server_names;
  bool tls13 = true;                   ///< beside TLS 1.2
  std::size_t fragment_octets = 1024;  ///< of TLS in one EAP packet, at most 16384
};

}  // namespace keypact::eap
