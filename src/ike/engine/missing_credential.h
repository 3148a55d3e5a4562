// Whether what a connection authenticates with is there at all: before anything is sent. RFC 7296 §2.15, RFC 4301 §4.4.3.
#pragma once

#include "ike/core/credentials.h"
#include "ike/core/refusal.h"

namespace keypact::ike {

/// The refusal where nothing that the peer can say would help: we sign and no private key of ours fits, the PPK that is
/// required is not there, or both ends have one exact identity and no secret is for this pair; then with the identities
/// that were wanted and those that the secrets are for. `local` is our address, which is our identity where nothing else is.
[[nodiscard]] std::optional<Refusal> missing_credential(const config::Snapshot& snapshot,
                                                        const Credentials& credentials,
                                                        const config::Connection& connection, const IpAddress& local);

}  // namespace keypact::ike
