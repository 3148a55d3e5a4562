// Script: the input of a fuzz target as a program: octets one after the other, zero after its end.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <source_location>

#include "base/octets.h"

namespace keypact::fuzz {

inline void require(bool condition, std::source_location place = std::source_location::current()) {
  if (condition) return;
  std::fprintf(stderr, "%s:%u: required\n", place.file_name(), static_cast<unsigned>(place.line()));
  std::abort();
}

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
