// The grammar of secrets: text, 0x and hexadecimal, or 0s and base64. Nothing here ever quotes a secret.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "config/value_grammar.h"

namespace keypact::config {

/// The octets of a configured secret; the error names no part of it.
[[nodiscard]] Result<Secret, GrammarError> parse_secret(std::string_view text);

/// Why a pre-shared key can be guessed; nothing for a fair one. RFC 7296 §2.15: a key from a password or the like is not
/// secure, because an active attacker can try all of them off-line.
[[nodiscard]] std::optional<std::string> weakness_of(OctetView pre_shared_key);

}  // namespace keypact::config
