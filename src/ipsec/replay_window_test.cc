#include "ipsec/replay_window.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace keypact::ipsec {
namespace {

/// RFC 4303 §3.4.3 taken literally: every number that was ever seen, and the right edge (below 2^62 in these tests).
struct Oracle {
  std::uint32_t window;
  bool esn;
  std::uint64_t highest = 0;
  std::set<std::uint64_t> seen{0};

  /// The one number with these low bits in highest - window + 1 .. highest - window + 2^32.
  [[nodiscard]] std::optional<std::uint64_t> infer(std::uint32_t low) const {
    if (!esn) return low;
    const auto bottom = static_cast<std::int64_t>(highest) - window + 1;
    auto candidate = (static_cast<std::int64_t>(highest >> 32) - 1) * (std::int64_t{1} << 32) + low;
    while (candidate < bottom) candidate += std::int64_t{1} << 32;
    if (candidate < 0) return std::nullopt;
    return static_cast<std::uint64_t>(candidate);
  }
  [[nodiscard]] bool is_fresh(std::uint64_t sequence) const {
    return (sequence > highest || highest - sequence < window) && !seen.contains(sequence);
  }
  void mark(std::uint64_t sequence) {
    seen.insert(sequence);
    highest = std::max(highest, sequence);
  }
};

bool accept(ReplayWindow& window, std::uint32_t transmitted) {
  const auto sequence = window.infer(transmitted);
  if (!sequence || !window.is_fresh(*sequence)) return false;
  window.mark(*sequence);
  return true;
}

TEST(ReplayWindow, BringsTheSizeIntoItsRange) {
  EXPECT_EQ(ReplayWindow(1, false).size(), 32U);
  EXPECT_EQ(ReplayWindow(33, false).size(), 33U);
  EXPECT_EQ(ReplayWindow(100'000, false).size(), 4096U);
  EXPECT_EQ(ReplayWindow(0, false).size(), 0U);
}

TEST(ReplayWindow, J02_the_number_zero_is_never_fresh) {
  ReplayWindow window(64, false);
  EXPECT_FALSE(accept(window, 0));
  EXPECT_TRUE(accept(window, 1));
  EXPECT_FALSE(accept(window, 0));
}

TEST(ReplayWindow, J02_edges_of_the_window) {
  for (const std::uint32_t size : {32U, 33U, 63U, 64U, 65U, 128U, 1000U, 1024U, 4095U, 4096U}) {
    ReplayWindow window(size, false);
    EXPECT_TRUE(accept(window, size)) << size;  // the right edge
    EXPECT_TRUE(accept(window, 1)) << size;     // the leftmost number inside: size - (size - 1)
    EXPECT_FALSE(accept(window, 1)) << size;    // seen
    EXPECT_TRUE(accept(window, size + 1)) << size;
    EXPECT_FALSE(accept(window, 1)) << size;  // now outside
    EXPECT_TRUE(accept(window, 2)) << size;   // now the leftmost
    EXPECT_FALSE(accept(window, size)) << size;
    EXPECT_TRUE(accept(window, size - 1)) << size;
  }
}

TEST(ReplayWindow, J02_a_jump_forgets_all_that_was_before) {
  for (const std::uint32_t size : {32U, 64U, 4096U}) {
    ReplayWindow window(size, false);
    for (std::uint32_t i = 1; i <= 200; ++i) EXPECT_TRUE(accept(window, i));
    constexpr std::uint32_t kJump = 1U << 31;
    EXPECT_TRUE(accept(window, kJump));
    for (std::uint32_t i = 1; i <= 200; ++i) EXPECT_FALSE(accept(window, i));
    EXPECT_FALSE(accept(window, kJump));
    EXPECT_FALSE(accept(window, kJump - size));
    for (std::uint32_t back = 1; back < size; ++back) EXPECT_TRUE(accept(window, kJump - back)) << back;
  }
}

TEST(ReplayWindow, J02_without_esn_the_end_of_the_numbers_does_not_wrap) {
  ReplayWindow window(64, false);
  EXPECT_TRUE(accept(window, UINT32_MAX));
  EXPECT_FALSE(accept(window, 0));
  EXPECT_FALSE(accept(window, 1));
  EXPECT_TRUE(accept(window, UINT32_MAX - 63));
  EXPECT_FALSE(accept(window, UINT32_MAX - 64));
}

TEST(ReplayWindow, J02_asking_changes_nothing) {
  ReplayWindow window(32, false);
  window.mark(10);
  EXPECT_TRUE(window.is_fresh(1'000'000));
  EXPECT_EQ(window.highest(), 10U);
  EXPECT_TRUE(window.is_fresh(9));
  EXPECT_TRUE(window.is_fresh(9));
  EXPECT_FALSE(window.is_fresh(10));
}

TEST(ReplayWindow, J02_size_zero_accepts_everything) {
  ReplayWindow window(0, false);
  EXPECT_TRUE(accept(window, 5));
  EXPECT_TRUE(accept(window, 5));
  EXPECT_TRUE(accept(window, 1));
  EXPECT_EQ(window.highest(), 5U);
}

TEST(ReplayWindow, J03_crosses_into_the_next_subspace_with_loss_and_reordering) {
  ReplayWindow window(64, true, 0xfffffff0U);
  EXPECT_FALSE(accept(window, 0xfffffff0U));
  EXPECT_TRUE(accept(window, 0xfffffffeU));
  EXPECT_TRUE(accept(window, 3));  // 0x1'00000003; 0xffffffff and 0, 1, 2 are late
  EXPECT_EQ(window.highest(), 0x1'0000'0003U);
  EXPECT_EQ(window.infer(0xffffffffU), 0xffff'ffffU);
  EXPECT_TRUE(accept(window, 0xffffffffU));
  EXPECT_FALSE(accept(window, 0xffffffffU));
  EXPECT_TRUE(accept(window, 0));
  EXPECT_TRUE(accept(window, 1));
  EXPECT_FALSE(accept(window, 3));
  EXPECT_EQ(window.highest(), 0x1'0000'0003U);
}

TEST(ReplayWindow, J03_a_number_before_the_first_of_the_sa_has_no_upper_half) {
  ReplayWindow window(64, true);
  EXPECT_EQ(window.infer(0xffffffffU), std::nullopt);
  EXPECT_EQ(window.infer(0x80000000U), 0x8000'0000U);
  const ReplayWindow last(64, true, UINT64_MAX);
  EXPECT_EQ(last.infer(5), std::nullopt);  // nothing follows 2^64 - 1
}

TEST(ReplayWindow, J03_infers_by_the_cases_of_appendix_a2) {
  const ReplayWindow within(64, true, 0x5'0000'1000U);  // case A
  EXPECT_EQ(within.infer(0x1000U - 63), 0x5'0000'0fc1U);
  EXPECT_EQ(within.infer(0x1000U - 64), 0x6'0000'0fc0U);
  EXPECT_EQ(within.infer(0xffffffffU), 0x5'ffff'ffffU);
  const ReplayWindow spanning(64, true, 0x5'0000'0010U);  // case B
  EXPECT_EQ(spanning.infer(0xffffffd1U), 0x4'ffff'ffd1U);
  EXPECT_EQ(spanning.infer(0xffffffd0U), 0x5'ffff'ffd0U);
  EXPECT_EQ(spanning.infer(0x11U), 0x5'0000'0011U);
  const ReplayWindow touching(64, true, 0x5'0000'003fU);  // the window begins with the subspace: case A
  EXPECT_EQ(touching.infer(0), 0x5'0000'0000U);
  EXPECT_EQ(touching.infer(0xffffffffU), 0x5'ffff'ffffU);
}

TEST(ReplayWindow, ContinuesWhereAnotherOwnerStopped) {
  ReplayWindow window(128, false, 1000);
  for (std::uint32_t i = 0; i <= 1000; ++i) EXPECT_FALSE(accept(window, i));
  EXPECT_TRUE(accept(window, 1001));
  EXPECT_TRUE(accept(window, 1003));
  EXPECT_TRUE(accept(window, 1002));
}

struct Step {
  std::uint32_t kind;
  std::int32_t offset;
};

/// The low 32 bits of the next packet: mostly near the right edge, often at the left one, sometimes anywhere.
std::uint32_t transmitted_by(const Step& step, std::uint64_t highest, std::uint32_t size) {
  const auto low = static_cast<std::uint32_t>(highest);
  const auto offset = static_cast<std::uint32_t>(step.offset);
  switch (step.kind % 8) {
    case 0: return offset * 2'654'435'761U;
    case 1: return low + offset;
    case 2: return low - size + static_cast<std::uint32_t>(step.offset % 4);
    default: return low + static_cast<std::uint32_t>(step.offset % 80);
  }
}

/// inRange() without its habit of staying near the lower end for the first runs.
template <class Integer>
rc::Gen<Integer> anywhere_in(Integer first, Integer end) {
  return rc::gen::resize(rc::kNominalSize, rc::gen::inRange<Integer>(first, end));
}

RC_GTEST_PROP(ReplayWindow, J02_agrees_with_the_naive_definition, (bool esn)) {
  const auto size = *anywhere_in<std::uint32_t>(32, 4097);
  ReplayWindow window(size, esn);
  Oracle oracle{size, esn};
  if (*rc::gen::arbitrary<bool>()) {  // near the end of a subspace
    const std::uint64_t start = 0xffff'ffffU - *anywhere_in<std::uint64_t>(0, 5000);
    window.mark(start);
    oracle.mark(start);
  }
  for (int i = 0; i < 300; ++i) {
    const Step step{*anywhere_in<std::uint32_t>(0, 64), *anywhere_in<std::int32_t>(-9000, 9000)};
    const std::uint32_t low = transmitted_by(step, oracle.highest, size);
    const auto inferred = oracle.infer(low);
    RC_ASSERT(window.infer(low) == inferred);
    if (!inferred) continue;
    RC_ASSERT(window.is_fresh(*inferred) == oracle.is_fresh(*inferred));
    if (!oracle.is_fresh(*inferred) || step.kind < 8) continue;  // some fail their integrity check
    window.mark(*inferred);
    oracle.mark(*inferred);
    RC_ASSERT(window.highest() == oracle.highest);
  }
}

}  // namespace
}  // namespace keypact::ipsec
