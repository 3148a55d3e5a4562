// Integers in network byte order in places whose size the compiler knows: so no length is computed, and none can be wrong.
#pragma once

#include "base/octets.h"

namespace keypact::esp {

constexpr std::uint16_t load16(std::span<const std::uint8_t, 2> from) {
  return static_cast<std::uint16_t>(from[0] << 8 | from[1]);
}
constexpr std::uint32_t load32(std::span<const std::uint8_t, 4> from) {
  return std::uint32_t{load16(from.first<2>())} << 16 | load16(from.last<2>());
}
constexpr std::uint64_t load64(std::span<const std::uint8_t, 8> from) {
  return std::uint64_t{load32(from.first<4>())} << 32 | load32(from.last<4>());
}

constexpr void store16(std::span<std::uint8_t, 2> to, std::uint32_t value) {
  to[0] = static_cast<std::uint8_t>(value >> 8);
  to[1] = static_cast<std::uint8_t>(value);
}
constexpr void store32(std::span<std::uint8_t, 4> to, std::uint32_t value) {
  store16(to.first<2>(), value >> 16);
  store16(to.last<2>(), value & 0xffff);
}

}  // namespace keypact::esp
