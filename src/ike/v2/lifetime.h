// Lifetimes: when an SA is to be replaced, and when it must be gone. Each end has its own (RFC 7296 §2.8), and takes a random time
// off, so that the two ends rarely begin at once.
#pragma once

#include <optional>

#include "base/random_source.h"
#include "config/snapshot.h"
#include "ipsec/stack.h"

namespace keypact::ike::v2 {

struct Lifetime {
  std::optional<Instant> rekey;  ///< nothing: never
  std::optional<Instant> reauthenticate;
  std::optional<Instant> expires;

  /// The earliest of them that lies after nothing else happened.
  [[nodiscard]] std::optional<Instant> next() const;
};

[[nodiscard]] Lifetime lifetime_of(const config::ChildConfig& child, Instant now, RandomSource& random);
/// `authenticated` is when the peer last proved who it is: rekeying does not put reauthentication off.
[[nodiscard]] Lifetime lifetime_of(const config::Connection& connection, Instant authenticated, Instant now,
                                   RandomSource& random);

/// When a Child SA is to be replaced by what it has carried, and what it carries at most.
[[nodiscard]] ipsec::VolumeLimit soft_limit_of(const config::ChildConfig& child, RandomSource& random);
[[nodiscard]] ipsec::VolumeLimit hard_limit_of(const config::ChildConfig& child);

/// From nothing up to `most`.
[[nodiscard]] Duration random_duration(RandomSource& random, Duration most);

/// How long to wait before what failed for the time being is tried again: longer each time, and never the same at both ends.
[[nodiscard]] Duration retry_delay(RandomSource& random, unsigned failures);

}  // namespace keypact::ike::v2
