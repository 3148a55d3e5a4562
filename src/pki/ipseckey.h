// The public keys that the DNS has for an identity. RFC 4025, RFC 3110, RFC 6605, RFC 8080.
#pragma once

#include "pki/public_key.h"
#include "proto/identification.h"

namespace keypact::pki {

/// Of the records that a name has, so many are read.
inline constexpr std::size_t kIpseckeyRecords = 32;

/// Where an identity's records are: a host name is its own, an address has one in in-addr.arpa or ip6.arpa (RFC 4025 §1.2). Nothing for
/// other identities, and for what is no host name.
[[nodiscard]] std::optional<std::string> ipseckey_name(const Identification& identity);

/// `rdata`: of one record. Nothing where it has no key, or none that we verify signatures with.
[[nodiscard]] std::optional<PublicKey> key_of_ipseckey(OctetView rdata);

/// Several records as one document, each behind its length in two octets, and back; what is not of this form ends the list.
[[nodiscard]] Octets join_records(const std::vector<Octets>& records);
[[nodiscard]] std::vector<OctetView> split_records(OctetView document);

}  // namespace keypact::pki
