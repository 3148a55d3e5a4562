// SaInitGlance: what must be known of an IKE_SA_INIT request before anything is stored or computed for it, read in place and without
// an allocation. Whether the message is sound is parse_message's matter. RFC 7296 §2.6, §3.2.
#pragma once

#include <optional>

#include "base/octets.h"
#include "proto/transform_registries.h"
#include "wire/header.h"

namespace keypact::wire {

struct SaInitGlance {
  OctetView cookie;            ///< of a COOKIE notify that is the first payload; else empty
  OctetView nonce;             ///< 16 to 256 octets
  KeyExchangeMethod method{};  ///< of the KE payload
};

/// Nothing when it cannot be such a request: a chain that does not fill the datagram, no nonce, no KE payload.
[[nodiscard]] std::optional<SaInitGlance> glance_at_sa_init(const Header& header, OctetView datagram);

}  // namespace keypact::wire
