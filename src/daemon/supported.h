// A configuration without the algorithms that this machine's cryptographic library lacks: what cannot be computed is neither
// offered nor taken (rows A10, A11).
#pragma once

#include "config/snapshot.h"
#include "crypto/library.h"

namespace keypact::daemon {

[[nodiscard]] std::shared_ptr<const config::Snapshot> supported_only(const config::Snapshot& snapshot,
                                                                     const crypto::Library& library);

/// What was named in the configuration and is left out of it, a sentence for each list of proposals. Defaults are not named.
[[nodiscard]] std::vector<std::string> left_out(const config::Snapshot& snapshot, const crypto::Library& library);

/// Every transform that can be computed here.
[[nodiscard]] std::vector<Transform> supported_transforms(const crypto::Library& library);

}  // namespace keypact::daemon
