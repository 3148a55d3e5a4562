// ReplayWindow: which sequence numbers of an inbound SA were seen, and the upper half that is not transmitted. RFC 4303 §3.4.3,
// §2.2.1; the bitmap of RFC 6479. It is asked before the ICV is verified and changed only after.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace keypact::ipsec {

class ReplayWindow {
 public:
  static constexpr std::uint32_t kSmallest = 32;
  static constexpr std::uint32_t kLargest = 4096;

  /// `packets` is brought into kSmallest..kLargest; 0 stands for no check at all. Numbers up to `highest` count as seen.
  ReplayWindow(std::uint32_t packets, bool esn, std::uint64_t highest = 0);

  /// The window in packets; 0: no check.
  [[nodiscard]] std::uint32_t size() const { return size_; }
  /// The highest number that was authenticated.
  [[nodiscard]] std::uint64_t highest() const { return highest_; }

  /// The whole number for the 32 bits of a packet, with ESN inferred from the window (RFC 4303 §3.4.3). Nothing when it would
  /// lie before the first number of the SA.
  [[nodiscard]] std::optional<std::uint64_t> infer(std::uint32_t transmitted) const;
  /// Neither seen nor left of the window. The number 0 is never sent (RFC 4303 §3.3.3), so it is never fresh.
  [[nodiscard]] bool is_fresh(std::uint64_t sequence) const;
  /// Records a number whose packet was authenticated, and that is_fresh() accepted.
  void mark(std::uint64_t sequence);

 private:
  [[nodiscard]] std::uint64_t& block_of(std::uint64_t sequence);
  void advance_to(std::uint64_t sequence);

  std::uint32_t size_;
  bool esn_;
  std::uint64_t highest_;
  std::vector<std::uint64_t> blocks_;  ///< a power of two of them, at least one more than the window fills
};

}  // namespace keypact::ipsec
