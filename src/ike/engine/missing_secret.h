// Whether a connection's authentication by shared key can work at all with the secrets that there are. RFC 7296 §2.15, RFC 4301
// §4.4.3.
#pragma once

#include "config/snapshot.h"
#include "ike/core/refusal.h"

namespace keypact::ike {

/// The refusal, with the identities that were wanted and those that the secrets are for, when both ends have one exact
/// identity and no secret is for this pair: then nothing that the peer can say would help. `local` is our address, which is our
/// identity where none is configured.
[[nodiscard]] std::optional<Refusal> missing_secret(const config::Snapshot& snapshot,
                                                    const config::Connection& connection, const IpAddress& local);

}  // namespace keypact::ike
