#include "base/random_source.h"

namespace keypact {

std::uint64_t RandomSource::u64() {
  std::array<std::uint8_t, 8> octets{};
  fill(octets);
  std::uint64_t value = 0;
  for (const auto octet : octets) value = value << 8 | octet;
  return value;
}

Octets RandomSource::octets(std::size_t count) {
  Octets octets(count);
  fill(octets);
  return octets;
}

}  // namespace keypact
