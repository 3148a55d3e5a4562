// The only clocks of the project: time that never jumps for the protocol, and the calendar for logs.
#pragma once

#include <chrono>
#include <string>

#include "base/instant.h"

namespace keypact::io {

/// Time since boot, with the time the machine slept (lifetimes must run out during a suspend); never goes back.
[[nodiscard]] Instant monotonic_now();

[[nodiscard]] std::chrono::system_clock::time_point wall_now();

/// Since 1970 in UTC: what the validity of a certificate is compared with.
[[nodiscard]] std::int64_t unix_seconds();

/// "2024-05-31T08:15:42.123Z" (RFC 3339 §5.6), for logs and files.
[[nodiscard]] std::string wall_clock_text(std::chrono::system_clock::time_point at);

}  // namespace keypact::io
