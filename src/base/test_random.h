// For tests: random octets that are the same each time.
#pragma once

#include "base/random_source.h"

namespace keypact {

/// An endless stream that depends on the seed only.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(MutableOctets out) override {
    for (auto& octet : out) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      octet = static_cast<std::uint8_t>(state_ >> 56);
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace keypact
