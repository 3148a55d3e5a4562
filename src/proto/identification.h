// Identification: who a peer says it is, and whether a configured pattern accepts it. RFC 7296 §3.5, RFC 4301 §4.4.3.1.
#pragma once

#include "base/ip_address.h"
#include "base/octets.h"
#include "proto/payload_registries.h"

namespace keypact {

struct Identification {
  IdType type = IdType::ID_KEY_ID;
  Octets data;  ///< as on the wire: 4 or 16 address octets, the characters of a name, DER, or opaque octets

  static Identification of(const IpAddress& address);
  static Identification fqdn(std::string_view name);
  static Identification email(std::string_view address);
  static Identification key_id(OctetView octets);

  /// Text fit for people and logs: every octet that is not printable ASCII is escaped.
  [[nodiscard]] std::string to_string() const;
  bool operator==(const Identification&) const = default;
};

/// A configured identity: any, one exact identity, a name with a leading "*" label ("*.example.org", "*@example.org"), or a
/// distinguished name in which a lone "*" stands for any value ("C=CH, O=Example, CN=*").
struct IdentityPattern {
  bool any = false;
  Identification identity;  ///< for a wildcard: the pattern's own characters

  static IdentityPattern anybody() { return {true, {}}; }
  static IdentityPattern exactly(Identification identity) { return {false, std::move(identity)}; }

  /// Names compare without case (ASCII); a name that contains NUL equals nothing. Distinguished names: RFC 5280 §7.1.
  [[nodiscard]] bool matches(const Identification& candidate) const;
  [[nodiscard]] bool is_wildcard() const;
  /// How specific the match is, to prefer an exact configuration over a wildcard over any: 2, 1, 0.
  [[nodiscard]] int specificity() const { return any ? 0 : is_wildcard() ? 1 : 2; }
  [[nodiscard]] std::string to_string() const;
  bool operator==(const IdentityPattern&) const = default;
};

}  // namespace keypact
