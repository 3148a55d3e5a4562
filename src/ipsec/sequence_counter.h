// SequenceCounter: the numbers of the packets that an outbound SA sends. They never come back to the beginning: counter-mode IVs
// are made of them. RFC 4303 §3.3.3.
#pragma once

#include <cstdint>
#include <optional>

namespace keypact::ipsec {

class SequenceCounter {
 public:
  /// `last_used` is not 0 for an SA that another owner used before.
  constexpr explicit SequenceCounter(bool esn, std::uint64_t last_used = 0)
      : last_used_(last_used), highest_(esn ? UINT64_MAX : UINT32_MAX) {}

  /// Nothing when all numbers are used up; the SA then carries nothing any more.
  [[nodiscard]] constexpr std::optional<std::uint64_t> next() {
    if (last_used_ >= highest_) return std::nullopt;
    return ++last_used_;
  }
  [[nodiscard]] constexpr std::uint64_t last_used() const { return last_used_; }
  [[nodiscard]] constexpr bool exhausted() const { return last_used_ >= highest_; }
  /// True when it is time for a new SA.
  [[nodiscard]] constexpr bool at_margin() const { return last_used_ >= margin(highest_); }

  /// Seven eighths of the numbers: at a million packets a second there are nine minutes left of 32 bits.
  static constexpr std::uint64_t margin(std::uint64_t highest) { return highest - highest / 8; }

 private:
  std::uint64_t last_used_;
  std::uint64_t highest_;
};

}  // namespace keypact::ipsec
