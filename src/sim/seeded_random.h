// SeededRandom: a RandomSource that repeats. For the simulator and for tests only: nothing of it is secret.
#pragma once

#include "base/random_source.h"

namespace keypact::sim {

class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(MutableOctets out) override;
  /// A number below `bound` (bound > 0).
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// True in `percent` of 100 cases.
  [[nodiscard]] bool chance(unsigned percent) { return below(100) < percent; }

 private:
  std::uint64_t next();
  std::uint64_t state_;
};

}  // namespace keypact::sim
