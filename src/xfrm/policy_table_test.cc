#include "xfrm/policy_table.h"

#include <gtest/gtest.h>

#include "xfrm/reqids.h"

namespace keypact::xfrm {
namespace {

using Kind = PolicyTable::Change::Kind;

constexpr std::uint32_t kMark = 0x6000'0000;
constexpr PolicyTable::Owner kTrap = 2;
constexpr PolicyTable::Owner kSa = 3;
constexpr PolicyTable::Owner kNextSa = 5;

PolicyKey key(Direction direction = Direction::out) {
  return {direction, {{*IpAddress::parse("10.1.0.0"), 24}, {*IpAddress::parse("10.2.0.0"), 24}}};
}
Claim trap() { return {{200, false, Template{{}, {}, {}, 1, Mode::tunnel}}, 0}; }
Claim sa(std::uint32_t spi, std::int64_t rank) {
  return {{199, false, Template{{}, {}, {spi}, 2, Mode::tunnel}}, rank};
}

std::uint32_t spi_of(const PolicyTable::Change& change) { return change.content.protection->spi.value; }

TEST(PolicyTable, AnSaTakesThePlaceOfItsTrapAndGivesItBack) {
  PolicyTable table(kMark);
  table.claim(kTrap, key(), trap());
  auto changes = table.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, Kind::add);
  const auto index = changes[0].index;
  EXPECT_TRUE(table.is_ours(index));
  EXPECT_EQ(index & 7, 1u) << "the kernel wants the direction there";
  EXPECT_EQ(table.owner_of(index), kTrap);

  table.claim(kSa, key(), sa(1000, 1));
  changes = table.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, Kind::replace);
  EXPECT_EQ(spi_of(changes[0]), 1000);
  EXPECT_EQ(table.owner_of(index), kSa);

  table.release(kSa);
  changes = table.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, Kind::replace);
  EXPECT_EQ(spi_of(changes[0]), 0);

  table.release(kTrap);
  changes = table.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, Kind::remove);
  EXPECT_EQ(table.size(), 0u);
}

TEST(PolicyTable, OneThatStandsByComesAfterOneThatCarriesUntilItIsPreferred) {
  PolicyTable table(kMark);
  table.claim(kSa, key(), sa(1000, 1));
  (void)table.take_changes();
  table.claim(kNextSa, key(), sa(2000, -2));
  EXPECT_TRUE(table.take_changes().empty());
  table.set_rank(kNextSa, Direction::out, 3);
  const auto changes = table.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(spi_of(changes[0]), 2000);
  table.release(kSa);
  EXPECT_TRUE(table.take_changes().empty());
}

TEST(PolicyTable, OneThatCarriesNothingMoreLeavesItsOtherDirections) {
  PolicyTable table(kMark);
  table.claim(kSa, key(Direction::in), sa(0, 1));
  table.claim(kSa, key(Direction::out), sa(1000, 1));
  EXPECT_EQ(table.take_changes().size(), 2u);
  table.release(kSa, Direction::out);
  const auto changes = table.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, Kind::remove);
  EXPECT_EQ(changes[0].key.direction, Direction::out);
}

TEST(PolicyTable, WhatComesAndGoesBetweenTwoLooksCostsNothing) {
  PolicyTable table(kMark);
  table.claim(kTrap, key(), trap());
  table.release(kTrap);
  EXPECT_TRUE(table.take_changes().empty());
  table.claim(kTrap, key(), trap());
  (void)table.take_changes();
  table.release(kTrap);
  table.claim(kTrap + 2, key(), trap());
  EXPECT_TRUE(table.take_changes().empty());
}

TEST(PolicyTable, I08_what_the_kernel_refused_is_not_there) {
  PolicyTable table(kMark);
  table.claim(kTrap, key(), trap());
  (void)table.take_changes();
  table.claim(kSa, key(), sa(1000, 1));
  const auto refused = table.take_changes();
  table.refused(refused.at(0));
  table.release(kSa);
  EXPECT_TRUE(table.take_changes().empty()) << "the kernel still has the trap";
  table.release(kTrap);
  EXPECT_EQ(table.take_changes().size(), 1u);

  table.claim(kSa, key(), sa(1000, 1));
  table.refused(table.take_changes().at(0));
  table.release(kSa);
  EXPECT_TRUE(table.take_changes().empty()) << "there is nothing to take away";
}

TEST(PolicyTable, WhatAnEarlierRunLeftIsTakenOverOrForgotten) {
  PolicyTable table(kMark);
  table.adopt({key(Direction::out), trap().content, kMark | 0x801});
  table.adopt({key(Direction::in), trap().content, kMark | 0x800});
  EXPECT_TRUE(table.take_changes().empty());
  table.claim(kSa, key(Direction::out), sa(1000, 1));
  auto changes = table.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, Kind::replace);
  EXPECT_EQ(changes[0].index, kMark | 0x801);
  table.forget_unclaimed();
  changes = table.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, Kind::remove);
  EXPECT_EQ(changes[0].key, key(Direction::in));
}

TEST(Reqids, WhoCarriesTheSameSharesANumberUntilAllAreGone) {
  Reqids reqids(kMark);
  const Reqids::Use use{Mode::tunnel, {TrafficSelector::all(IpFamily::v4)}, {TrafficSelector::all(IpFamily::v4)}};
  const auto first = reqids.acquire(use);
  EXPECT_EQ(reqids.acquire(use), first);
  EXPECT_TRUE(reqids.is_ours(first));
  EXPECT_NE(reqids.acquire({Mode::transport, use.local, use.remote}), first);
  EXPECT_NE(reqids.acquire_own(), reqids.acquire_own());
  reqids.release(first);
  EXPECT_EQ(reqids.acquire(use), first);
  reqids.release(first);
  reqids.release(first);
  EXPECT_NE(reqids.acquire(use), first);
}

TEST(Reqids, OneThatIsHeldGoesToTheUseThatNamesItAndToNobodyElse) {
  Reqids reqids(kMark);
  const auto held = kMark | Reqids::scatter(1);
  reqids.hold(held);
  EXPECT_NE(reqids.acquire_own(), held);
  const Reqids::Use use{Mode::tunnel, {TrafficSelector::all(IpFamily::v4)}, {TrafficSelector::all(IpFamily::v4)}};
  EXPECT_EQ(reqids.acquire(use, held), held);
  EXPECT_EQ(reqids.acquire(use), held);
  reqids.release(held);
  reqids.release(held);
  EXPECT_EQ(reqids.acquire(use), held) << "as long as it is held";
  reqids.release(held);
  reqids.release(held);
  EXPECT_NE(reqids.acquire(use), held);
}

TEST(Reqids, ScatteredNumbersAreDifferentAndFillTheBucketsOfTheKernelEvenly) {
  constexpr std::uint32_t kCount = 1U << 16;
  std::vector<bool> seen(1U << 24);
  std::vector<unsigned> buckets(1024);
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const auto reqid = Reqids::scatter(i);
    ASSERT_LT(reqid, seen.size());
    ASSERT_FALSE(seen[reqid]);
    seen[reqid] = true;
    // Addresses that rise together with the reqids, in the kernel's table by destination: h = reqid ^ address; h ^= h >> 16.
    const auto hash = reqid ^ (0x0a00'0000 + i);
    ++buckets[(hash ^ hash >> 16) % buckets.size()];
  }
  for (const auto count : buckets) EXPECT_LT(count, 3 * kCount / buckets.size());
}

}  // namespace
}  // namespace keypact::xfrm
