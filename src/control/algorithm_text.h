// The names of algorithms and modes that vici clients compare: charon's, which are older than the IANA ones.
#pragma once

#include <string>

#include "proto/policy.h"
#include "proto/proposal.h"

namespace keypact::control {

/// "AES_GCM_16", "HMAC_SHA2_256_128", "PRF_HMAC_SHA2_256", "CURVE_25519".
[[nodiscard]] std::string vici_name(const Transform& transform);
/// "TUNNEL".
[[nodiscard]] std::string_view vici_name(Mode mode);

}  // namespace keypact::control
