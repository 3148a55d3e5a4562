// Pseudo-random functions, prf+, and the hashes that IKE needs beside them. RFC 7296 §2.13; RFC 4868, RFC 4434, RFC 4615.
#pragma once

#include <initializer_list>

#include "base/secret.h"
#include "crypto/library.h"

namespace keypact::crypto {

/// Octets of the output, and of the preferred key (the two are equal for all IKEv2 PRFs). 0 when unknown.
[[nodiscard]] std::size_t prf_octets(PrfId id);

/// prf(key, parts[0] | parts[1] | ...). Keys of any length: the fixed-length PRFs hash or pad as their RFCs say.
[[nodiscard]] Secret prf(Library& library, PrfId id, OctetView key, std::initializer_list<OctetView> parts);

/// The first `octets` of prf+(key, parts...); octets <= 255 * prf_octets(id), and at most 8 parts.
[[nodiscard]] Secret prf_plus(Library& library, PrfId id, OctetView key, std::initializer_list<OctetView> parts,
                              std::size_t octets);

/// SHA-1, for NAT detection (RFC 7296 §2.23) and certificate authorities (§3.7) only.
[[nodiscard]] std::array<std::uint8_t, 20> sha1(Library& library, std::initializer_list<OctetView> parts);

/// HMAC-SHA-256 for values that only we check (cookies).
[[nodiscard]] std::array<std::uint8_t, 32> keyed_hash(Library& library, OctetView key,
                                                      std::initializer_list<OctetView> parts);

}  // namespace keypact::crypto
