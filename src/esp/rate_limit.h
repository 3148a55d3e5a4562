// RateLimit: a bucket of permissions that fills with time; what we send without being asked passes through one.
#pragma once

#include <algorithm>

#include "base/instant.h"

namespace keypact::esp {

class RateLimit {
 public:
  /// At most `per_second` on average, and as many at once.
  explicit RateLimit(std::uint32_t per_second) : per_second_(per_second), permissions_(per_second) {}

  [[nodiscard]] bool permits(Instant now) {
    refill(now);
    if (permissions_ == 0) return false;
    --permissions_;
    return true;
  }

 private:
  void refill(Instant now) {
    if (permissions_ == per_second_ || per_second_ == 0) {
      filled_ = now;
      return;
    }
    const Duration interval = Duration(seconds(1)) / per_second_;
    const auto due = (now - filled_) / interval;
    if (due <= 0) return;
    permissions_ += static_cast<std::uint32_t>(std::min<std::int64_t>(due, per_second_ - permissions_));
    filled_ = filled_ + due * interval;
  }

  std::uint32_t per_second_;
  std::uint32_t permissions_;
  Instant filled_;
};

}  // namespace keypact::esp
