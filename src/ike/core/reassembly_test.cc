// RFC 7383 §2.6 and rows B01 to B10 of the attacks on fragmentation, without cryptography: here every fragment is authentic.
#include "ike/core/reassembly.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include <gtest/gtest.h>

namespace keypact::ike {
namespace {

using Added = Reassembly::Added;
using Verdict = Reassembly::Verdict;

constexpr Instant kNow{seconds(100)};

Reassembly::Fragment fragment(unsigned number, unsigned total, std::uint32_t id = 1) {
  return {ExchangeType::IKE_AUTH, id, static_cast<std::uint16_t>(number), static_cast<std::uint16_t>(total),
          number == 1 ? PayloadType::IDi : PayloadType::None};
}
Octets text_of(unsigned number, std::size_t octets = 10) { return Octets(octets, static_cast<std::uint8_t>(number)); }

/// Judges and adds, as a channel does.
std::optional<Added> take_in(Reassembly& set, const Reassembly::Fragment& it, std::size_t octets = 10,
                             Instant now = kNow, std::size_t most = limits::kReassembledOctets) {
  if (set.judge(it) != Verdict::wanted) return std::nullopt;
  return set.add(it, text_of(it.number, octets), text_of(it.number, octets + 60), now, most);
}

TEST(Reassembly, PutsTogetherInAnyOrder) {
  std::vector<unsigned> order(5);
  std::iota(order.begin(), order.end(), 1u);
  Octets wanted;
  for (const auto number : order) wanted.insert(wanted.end(), 10, static_cast<std::uint8_t>(number));
  do {
    Reassembly set;
    for (std::size_t i = 0; i < order.size(); ++i)
      EXPECT_EQ(take_in(set, fragment(order[i], 5)), i == 4 ? Added::complete : Added::incomplete);
    const auto whole = set.take();
    EXPECT_EQ(whole.text, wanted);
    EXPECT_EQ(whole.first, PayloadType::IDi);
    EXPECT_EQ(whole.first_datagram, text_of(1, 70));
    EXPECT_EQ(whole.largest_datagram, 70u);
    EXPECT_EQ(set.stored_octets(), 0u);
  } while (std::ranges::next_permutation(order).found);
}

TEST(Reassembly, B01_AFragmentWithoutTextIsAFragment) {
  Reassembly set;
  EXPECT_EQ(take_in(set, fragment(1, 2), 0), Added::incomplete);
  EXPECT_EQ(take_in(set, fragment(1, 2), 0), std::nullopt);
  EXPECT_EQ(take_in(set, fragment(2, 2), 0), Added::complete);
  EXPECT_TRUE(set.take().text.empty());
}

TEST(Reassembly, B02_TheWorstOrderCostsNoMoreThanTheBest) {
  constexpr unsigned kMessages = 2000;
  const auto duration = [](bool backwards) {
    Reassembly set;
    const auto begin = std::chrono::steady_clock::now();
    for (unsigned id = 0; id < kMessages; ++id) {
      for (unsigned i = 1; i <= limits::kFragments; ++i) {
        const auto number = backwards ? limits::kFragments + 1 - i : i;
        // Each comes twice.
        (void)take_in(set, fragment(number, limits::kFragments, id), 1);
        if (i == limits::kFragments) continue;
        EXPECT_EQ(take_in(set, fragment(number, limits::kFragments, id), 1), std::nullopt);
      }
      EXPECT_EQ(set.take().text.size(), limits::kFragments);
    }
    return std::chrono::steady_clock::now() - begin;
  };
  (void)duration(false);
  const auto best = duration(false);
  // The machine may be busy: a walk of a list would be 64 times as dear.
  EXPECT_LT(duration(true), 10 * best);
}

TEST(Reassembly, B03_NeverStoresMoreOctetsThanAllowed) {
  Reassembly set;
  const std::size_t most = 1000;
  EXPECT_EQ(take_in(set, fragment(1, 4), 600, kNow, most), Added::incomplete);
  EXPECT_EQ(take_in(set, fragment(2, 4), 400, kNow, most), Added::incomplete);
  EXPECT_EQ(set.stored_octets(), 1000u);
  EXPECT_EQ(take_in(set, fragment(3, 4), 1, kNow, most), Added::too_large);
  EXPECT_EQ(set.stored_octets(), 0u);
  EXPECT_EQ(set.stored_fragments(), 0u);
  EXPECT_EQ(take_in(set, fragment(4, 4), 1001, kNow, most), Added::too_large);
}

TEST(Reassembly, B03_ADuplicateOfAnotherSizeChangesNothing) {
  Reassembly set;
  EXPECT_EQ(take_in(set, fragment(1, 2), 10), Added::incomplete);
  EXPECT_EQ(take_in(set, fragment(1, 2), 5000), std::nullopt);
  EXPECT_EQ(set.stored_octets(), 10u);
  EXPECT_EQ(take_in(set, fragment(2, 2), 10), Added::complete);
  EXPECT_EQ(set.take().text.size(), 20u);
}

TEST(Reassembly, B04_ALargerTotalBeginsAnewAndASmallerOneIsOld) {
  Reassembly set;
  EXPECT_EQ(take_in(set, fragment(1, 3)), Added::incomplete);
  EXPECT_EQ(take_in(set, fragment(2, 3)), Added::incomplete);
  EXPECT_EQ(take_in(set, fragment(3, 2 + 3)), Added::incomplete);
  EXPECT_EQ(set.stored_fragments(), 1u);
  EXPECT_EQ(take_in(set, fragment(3, 3)), std::nullopt);
  for (const unsigned number : {1u, 2u, 4u}) EXPECT_EQ(take_in(set, fragment(number, 5)), Added::incomplete);
  EXPECT_EQ(take_in(set, fragment(5, 5)), Added::complete);
  EXPECT_EQ(set.take().text.size(), 50u);
}

TEST(Reassembly, B04_OneMessageAtATime) {
  Reassembly set;
  for (std::uint32_t id = 1; id < 1000; ++id) {
    EXPECT_EQ(take_in(set, fragment(1 + id % 2, 2, id)), Added::incomplete);
    EXPECT_EQ(set.stored_fragments(), 1u);
  }
}

TEST(Reassembly, B04_AFragmentOfAnotherExchangeWithTheSameMessageIdIsUseless) {
  Reassembly set;
  EXPECT_EQ(take_in(set, fragment(1, 2)), Added::incomplete);
  auto other = fragment(2, 2);
  other.exchange = ExchangeType::INFORMATIONAL;
  EXPECT_EQ(set.judge(other), Verdict::useless);
}

TEST(Reassembly, B06_ImpossibleNumbersAreUseless) {
  const Reassembly set;
  EXPECT_EQ(set.judge(fragment(0, 0)), Verdict::useless);
  EXPECT_EQ(set.judge(fragment(0, 3)), Verdict::useless);
  EXPECT_EQ(set.judge(fragment(4, 3)), Verdict::useless);
  EXPECT_EQ(set.judge(fragment(65535, 65534)), Verdict::useless);
  EXPECT_EQ(set.judge(fragment(1, 65535)), Verdict::too_many);
}

TEST(Reassembly, B10_MoreFragmentsThanTheLimitAreRefusedAsAWhole) {
  Reassembly set;
  for (unsigned number = 1; number <= limits::kFragments + 1; ++number)
    EXPECT_EQ(set.judge(fragment(number, limits::kFragments + 1)), Verdict::too_many);
  EXPECT_EQ(set.stored_fragments(), 0u);
  EXPECT_EQ(take_in(set, fragment(limits::kFragments, limits::kFragments)), Added::incomplete);
}

TEST(Reassembly, ForgetsAMessageToWhichNothingIsAdded) {
  Reassembly set;
  EXPECT_FALSE(set.deadline().has_value());
  EXPECT_EQ(take_in(set, fragment(1, 3)), Added::incomplete);
  EXPECT_EQ(set.deadline(), kNow + limits::kReassemblyLife);
  EXPECT_EQ(take_in(set, fragment(2, 3), 10, kNow + seconds(20)), Added::incomplete);
  EXPECT_FALSE(set.expire(kNow + limits::kReassemblyLife));
  EXPECT_TRUE(set.expire(kNow + seconds(20) + limits::kReassemblyLife));
  EXPECT_EQ(set.stored_octets(), 0u);
  EXPECT_FALSE(set.expire(kNow + hours(1)));
  EXPECT_FALSE(set.deadline().has_value());
}

TEST(Reassembly, KnowsWhetherAFragmentOfFullSizeHasCome) {
  Reassembly set;
  EXPECT_FALSE(set.has_full_fragment(1));
  EXPECT_EQ(take_in(set, fragment(3, 3)), Added::incomplete);
  EXPECT_FALSE(set.has_full_fragment(1));
  EXPECT_EQ(take_in(set, fragment(2, 3)), Added::incomplete);
  EXPECT_TRUE(set.has_full_fragment(1));
  EXPECT_FALSE(set.has_full_fragment(2));
}

}  // namespace
}  // namespace keypact::ike
