// RandomSource: where randomness comes from. The daemon gives the operating system's, a test or the simulator a seeded one.
#pragma once

#include "base/octets.h"

namespace keypact {

class RandomSource {
 public:
  virtual ~RandomSource() = default;
  /// Fills all of `out` with octets fit for keys. Cannot fail: a source that could not is refused at start.
  virtual void fill(MutableOctets out) = 0;

  [[nodiscard]] std::uint64_t u64();
  [[nodiscard]] std::uint32_t u32() { return static_cast<std::uint32_t>(u64()); }
  [[nodiscard]] Octets octets(std::size_t count);
};

}  // namespace keypact
