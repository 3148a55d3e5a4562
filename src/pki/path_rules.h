// The rules that one complete path of certificates is held to. RFC 5280 §6.1 by OpenSSL, RFC 4945 §5.1.3 on top.
#pragma once

#include <optional>

#include "pki/trust.h"

namespace keypact::pki {

/// Rules that need no signature: keys, usages and hashes. `path` goes from the end entity to the anchor.
[[nodiscard]] std::optional<Refusal> check_usages(std::span<const Certificate> path,
                                                  const AuthConstraints& constraints);

/// OpenSSL's validation of exactly this path.
[[nodiscard]] std::optional<Refusal> check_path(std::span<const Certificate> path, std::int64_t now);

/// The end entity names the policy, and each CA between it and the anchor names it or any: RFC 5280 §6.1.3 (d), without mappings.
[[nodiscard]] bool is_of_policy(std::span<const Certificate> path, std::string_view oid);

}  // namespace keypact::pki
