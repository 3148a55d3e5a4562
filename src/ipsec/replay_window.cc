#include "ipsec/replay_window.h"

#include <algorithm>
#include <bit>

namespace keypact::ipsec {
namespace {

constexpr std::uint64_t kBlockBits = 64;

std::uint64_t bit_of(std::uint64_t sequence) { return std::uint64_t{1} << (sequence % kBlockBits); }

std::uint32_t effective_size(std::uint32_t packets) {
  return packets == 0 ? 0 : std::clamp(packets, ReplayWindow::kSmallest, ReplayWindow::kLargest);
}

}  // namespace

ReplayWindow::ReplayWindow(std::uint32_t packets, bool esn, std::uint64_t highest)
    : size_(effective_size(packets)), esn_(esn), highest_(highest) {
  if (size_ == 0) return;
  // RFC 6479 §3: one block more than the window needs, so that sliding only ever clears whole blocks.
  blocks_.assign(std::bit_ceil((size_ + kBlockBits - 1) / kBlockBits + 1), ~std::uint64_t{0});
  const std::uint64_t up_to_highest = bit_of(highest_) | (bit_of(highest_) - 1);
  block_of(highest_) = up_to_highest;
}

std::optional<std::uint64_t> ReplayWindow::infer(std::uint32_t transmitted) const {
  if (!esn_) return transmitted;
  const auto low = static_cast<std::uint32_t>(highest_);
  const auto high = static_cast<std::uint32_t>(highest_ >> 32);
  const std::uint32_t bottom = low - std::max(size_, kSmallest) + 1;  // modulo 2^32, as the RFC says
  std::uint32_t upper_half = high;
  if (low >= std::max(size_, kSmallest) - 1) {
    // RFC 4303 §3.4.3: the window lies within one subspace; what is left of it belongs to the next one.
    if (transmitted < bottom) upper_half = high + 1;
    if (upper_half < high) return std::nullopt;
  } else if (transmitted >= bottom) {
    // RFC 4303 §3.4.3: the window spans two subspaces, and this is its older part.
    if (high == 0) return std::nullopt;
    upper_half = high - 1;
  }
  return std::uint64_t{upper_half} << 32 | transmitted;
}

bool ReplayWindow::is_fresh(std::uint64_t sequence) const {
  if (size_ == 0) return true;
  if (sequence == 0) return false;
  if (sequence > highest_) return true;
  if (highest_ - sequence >= size_) return false;
  return (blocks_[(sequence / kBlockBits) & (blocks_.size() - 1)] & bit_of(sequence)) == 0;
}

void ReplayWindow::mark(std::uint64_t sequence) {
  if (size_ == 0) {
    highest_ = std::max(highest_, sequence);
    return;
  }
  if (sequence > highest_) advance_to(sequence);
  if (highest_ - sequence < size_) block_of(sequence) |= bit_of(sequence);
}

std::uint64_t& ReplayWindow::block_of(std::uint64_t sequence) {
  return blocks_[(sequence / kBlockBits) & (blocks_.size() - 1)];
}

void ReplayWindow::advance_to(std::uint64_t sequence) {
  const std::uint64_t entered = sequence / kBlockBits - highest_ / kBlockBits;
  const std::uint64_t cleared = std::min<std::uint64_t>(entered, blocks_.size());
  for (std::uint64_t i = 0; i < cleared; ++i) block_of(sequence - i * kBlockBits) = 0;
  highest_ = sequence;
}

}  // namespace keypact::ipsec
