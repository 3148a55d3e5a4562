// Instant: a point of monotonic time handed in from outside; nobody below io reads a clock.
#pragma once

#include <chrono>
#include <compare>

namespace keypact {

using Duration = std::chrono::nanoseconds;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Time since an arbitrary origin that is the same for one process (or one simulated world).
class Instant {
 public:
  constexpr Instant() = default;
  constexpr explicit Instant(Duration since_origin) : since_origin_(since_origin) {}
  [[nodiscard]] constexpr Duration since_origin() const { return since_origin_; }
  constexpr auto operator<=>(const Instant&) const = default;
  friend constexpr Instant operator+(Instant at, Duration d) { return Instant(at.since_origin_ + d); }
  friend constexpr Instant operator-(Instant at, Duration d) { return Instant(at.since_origin_ - d); }
  friend constexpr Duration operator-(Instant a, Instant b) { return a.since_origin_ - b.since_origin_; }

 private:
  Duration since_origin_{};
};

}  // namespace keypact
