#include "sim/seeded_random.h"

namespace keypact::sim {

std::uint64_t SeededRandom::next() {
  // SplitMix64: passes through all 2^64 states, so that every seed is a good one.
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void SeededRandom::fill(MutableOctets out) {
  std::uint64_t word = 0;
  int left = 0;
  for (auto& octet : out) {
    if (left == 0) {
      word = next();
      left = 8;
    }
    octet = static_cast<std::uint8_t>(word);
    word >>= 8;
    --left;
  }
}

}  // namespace keypact::sim
