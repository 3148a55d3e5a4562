// Values out of OpenSSL's objects, without OpenSSL's headers.
#pragma once

#include <optional>

#include "base/octets.h"

struct asn1_string_st;

namespace keypact::pki {

/// Of any string, integer or time of ASN.1; lives as long as the object.
[[nodiscard]] OctetView octets_of(const asn1_string_st* string);
/// Seconds since 1970 in UTC; nothing when it is no time.
[[nodiscard]] std::optional<std::int64_t> seconds_of(const asn1_string_st* time);
/// Copies what one of OpenSSL's i2d functions made, and frees it.
[[nodiscard]] Octets taken(unsigned char* der, int size);

/// DER by one of OpenSSL's i2d functions.
template <class T, class Encode>
[[nodiscard]] Octets encoded(const T* object, Encode encode) {
  unsigned char* der = nullptr;
  const int size = encode(object, &der);
  return taken(der, size);
}

}  // namespace keypact::pki
