// TokenBucket: how often something may happen, in eight octets. It is kept as the instant at which the bucket would be full again.
#pragma once

#include "base/instant.h"

namespace keypact {

struct RateLimit {
  unsigned per_second = 0;  ///< 0: as often as one likes
  unsigned burst = 1;       ///< this many at once after a rest
  bool operator==(const RateLimit&) const = default;
};

class TokenBucket {
 public:
  [[nodiscard]] bool has(Instant now, const RateLimit& limit, unsigned tokens = 1) const {
    return limit.per_second == 0 || full_after(now, limit, tokens) - now <= interval(limit) * limit.burst;
  }
  /// True, and `tokens` fewer are left, when there are that many.
  bool take(Instant now, const RateLimit& limit, unsigned tokens = 1) {
    if (limit.per_second == 0) return true;
    if (!has(now, limit, tokens)) return false;
    full_ = full_after(now, limit, tokens);
    return true;
  }

 private:
  static Duration interval(const RateLimit& limit) { return Duration(seconds(1)) / limit.per_second; }
  [[nodiscard]] Instant full_after(Instant now, const RateLimit& limit, unsigned tokens) const {
    return (full_ < now ? now : full_) + interval(limit) * tokens;
  }

  Instant full_;
};

}  // namespace keypact
