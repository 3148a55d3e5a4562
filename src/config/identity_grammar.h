// The grammar of identities: the type is guessed from the text, or said by a prefix ("keyid:", "{11}:"); "#" after it means
// hexadecimal. RFC 7296 §3.5. Distinguished names are taken as DER only ("asn1dn:#30...").
#pragma once

#include "base/result.h"
#include "config/value_grammar.h"
#include "proto/identification.h"

namespace keypact::config {

/// %any, an exact identity, or a name whose first character is the wildcard "*".
[[nodiscard]] Result<IdentityPattern, GrammarError> parse_identity(std::string_view text);

}  // namespace keypact::config
