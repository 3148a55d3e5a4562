// The text of a proposal, as data of the tests have it, read.
#pragma once

#include <optional>
#include <string_view>

#include "proto/proposal.h"

namespace keypact {

/// The reverse of to_string(Proposal) for IKE and ESP: "IKE: ENCR_AES_CBC-256 / PRF_HMAC_SHA2_256 / ECP_256|MODP_2048".
/// NONE is a key exchange method here. Nothing where a name is not registered.
[[nodiscard]] std::optional<Proposal> proposal_from(std::string_view text);

}  // namespace keypact
