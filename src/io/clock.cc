#include "io/clock.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "base/check.h"

namespace keypact::io {

Instant monotonic_now() {
  timespec now{};
  if (::clock_gettime(CLOCK_BOOTTIME, &now) != 0) CHECK(::clock_gettime(CLOCK_MONOTONIC, &now) == 0);
  return Instant(seconds(now.tv_sec) + Duration(now.tv_nsec));
}

std::chrono::system_clock::time_point wall_now() { return std::chrono::system_clock::now(); }

std::int64_t unix_seconds() { return std::chrono::floor<seconds>(wall_now().time_since_epoch()).count(); }

std::string wall_clock_text(std::chrono::system_clock::time_point at) {
  const auto since_epoch = std::chrono::floor<milliseconds>(at.time_since_epoch());
  const auto whole = std::chrono::floor<seconds>(since_epoch);
  const std::time_t time = whole.count();
  std::tm parts{};
  if (::gmtime_r(&time, &parts) == nullptr) return "-";
  std::array<char, 48> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  const int more =
      std::snprintf(text.data() + size, text.size() - size, ".%03dZ", static_cast<int>((since_epoch - whole).count()));
  return {text.data(), size + static_cast<std::size_t>(more)};
}

}  // namespace keypact::io
