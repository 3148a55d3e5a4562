// A key exchange that costs nothing and hides nothing: the shared secret is the responder's public value.
#pragma once

#include "ike/core/job.h"

namespace keypact::sim {

/// `hollow` has been moved from, and stands in for the state that a key exchange has between its two messages.
[[nodiscard]] ike::JobDone run_toy_key_exchange(const ike::Job& job, RandomSource& random,
                                                crypto::KeyExchangeState& hollow);

}  // namespace keypact::sim
