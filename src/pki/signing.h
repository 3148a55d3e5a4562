// What certificates and lists of a CA have in common when they are signed. Without OpenSSL's headers.
#pragma once

#include "pki/private_key.h"
#include "pki/x509_handles.h"

namespace keypact::pki {

/// The hash that goes into the signature of a CA with this key: SHA-256; none for EdDSA, which has its own.
[[nodiscard]] const evp_md_st* digest_for(const PrivateKey& key);

/// Nothing when it is no name.
[[nodiscard]] X509Handle<X509_name_st> name_of_der(OctetView der);
/// From big-endian octets without a sign.
[[nodiscard]] X509Handle<asn1_string_st> asn1_integer(OctetView octets);

}  // namespace keypact::pki
