// Revocation: what is known of the certificates of a path, and whether that is enough. RFC 5280 §6.3. Nothing is fetched.
#pragma once

#include "pki/revocation_list.h"
#include "pki/trust.h"

namespace keypact::pki {

/// swanctl's revocation.
enum class RevocationPolicy : std::uint8_t {
  relaxed,  ///< what is known to be revoked is refused
  ifuri,    ///< and what is not known to be good, where the certificate says where to ask
  strict,   ///< and what is not known to be good
};

struct RevocationRules {
  RevocationPolicy policy = RevocationPolicy::relaxed;
  std::vector<RevocationList> lists;
};

/// Of each certificate of the path but the anchor. `now`: seconds since 1970 in UTC.
[[nodiscard]] std::optional<Refusal> check_revocation(std::span<const Certificate> path, const RevocationRules& rules,
                                                      std::int64_t now);

}  // namespace keypact::pki
