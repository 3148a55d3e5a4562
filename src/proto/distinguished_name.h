// Distinguished names: text as swanctl.conf has it to DER and back, and when two are the same. RFC 5280 §4.1.2.4 and §7.1.
#pragma once

#include <string>

#include "base/octets.h"
#include "base/result.h"

namespace keypact {

struct NameError {
  std::string part;  ///< of the text
  std::string why;
};

/// "C=CH, O=strongSwan, CN=moon", or "/C=CH/O=strongSwan" when it begins with a slash. A type is a short name or a dotted OID;
/// "\," is a comma of the value, "\2c" too. At most 4096 octets and 64 members.
[[nodiscard]] Result<Octets, NameError> name_from_text(std::string_view text);

/// Printable ASCII whatever the octets are: "C=CH, O=strongSwan"; what is no name becomes hexadecimal. Cut after 1024 characters.
[[nodiscard]] std::string name_to_text(OctetView der);

/// RFC 5280 §7.1: the types of strings, the case of ASCII letters and runs of blanks do not count. False when one is malformed or
/// empty.
[[nodiscard]] bool same_name(OctetView a, OctetView b);

/// As same_name(), where a value of the pattern that is a lone "*" stands for any one value of that type. The number and the
/// order of the members are the same.
[[nodiscard]] bool name_matches(OctetView pattern, OctetView name);
[[nodiscard]] bool has_wildcard(OctetView name);

}  // namespace keypact
