// Two ends that begin the same at once: of the SAs that come of it, the one whose exchange had the lowest of the four nonces is
// closed. RFC 7296 §2.8.1, §2.8.2.
#pragma once

#include "base/octets.h"

namespace keypact::ike::v2 {

/// RFC 7296 §2.8.1: octet by octet; where one ends, that one is the lower.
[[nodiscard]] OctetView lower_nonce(OctetView a, OctetView b);

/// True when the exchange whose lower nonce is `ours` gives way to the one whose lower nonce is `theirs`. Both ends come to the
/// same result.
[[nodiscard]] bool gives_way(OctetView ours, OctetView theirs);

}  // namespace keypact::ike::v2
