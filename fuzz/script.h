// Script: the input of a fuzz target as a program: octets one after the other, zero after its end.
#pragma once

#include <algorithm>

#include "base/octets.h"
#include "fuzz/require.h"

namespace keypact::fuzz {

class Script {
 public:
  explicit Script(OctetView octets) : octets_(octets) {}
  [[nodiscard]] bool is_over() const { return at_ >= octets_.size(); }
  unsigned u8() { return is_over() ? 0u : octets_[at_++]; }
  unsigned u16() {
    const auto high = u8();
    return high << 8 | u8();
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  /// A number below `bound`, which is more than 0 and at most 256.
  std::size_t below(std::size_t bound) { return u8() % bound; }
  /// So many octets, fewer at the end.
  OctetView octets(std::size_t count) {
    const auto rest = octets_.subspan(std::min(at_, octets_.size()));
    const auto taken = rest.first(std::min(count, rest.size()));
    at_ += taken.size();
    return taken;
  }

 private:
  OctetView octets_;
  std::size_t at_ = 0;
};

}  // namespace keypact::fuzz
