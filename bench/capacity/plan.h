// Plan: what one run of the capacity measurement does, and the times of the SAs that follow from the number of clients.
#pragma once

#include <cstdint>
#include <string>

#include "base/instant.h"

namespace keypact::bench {

struct Plan {
  std::string daemon;  ///< path of keypactd
  std::size_t clients = 100'000;
  std::size_t window = 48;  ///< handshakes under way at once: fewer than it takes to meet cookies
  unsigned engines = 1;
  bool rekey = true;  ///< wait until all are rekeyed

  /// Long enough for all to be set up before the first liveness check, on a machine that does other things too.
  [[nodiscard]] Duration dpd_delay() const { return seconds(5) + microseconds(600) * clients; }
  /// The lifetimes of both kinds of SA; the daemon takes up to rand_time off.
  [[nodiscard]] Duration rekey_time() const { return dpd_delay() * 2 + rand_time(); }
  [[nodiscard]] Duration rand_time() const { return seconds(5) + milliseconds(1) * clients; }
};

/// What must hold.
inline constexpr std::size_t kOctetsPerPair = 8192;
inline constexpr Duration kListAll = seconds(2);
inline constexpr std::size_t kListMemory = std::size_t{16} << 20;
inline constexpr Duration kLateness = seconds(1);

}  // namespace keypact::bench
