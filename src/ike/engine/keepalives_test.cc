#include "ike/engine/keepalives.h"

#include <gtest/gtest.h>

namespace keypact::ike {
namespace {

const Path kPath{{*IpAddress::parse("10.0.0.1"), 4500}, {*IpAddress::parse("192.0.2.2"), 4500}};
const Instant kStart{seconds(100)};

TEST(Keepalives, AreDueWhenNothingWasSentForTheInterval) {
  Keepalives keepalives(seconds(20));
  keepalives.file({1}, kPath, kStart);
  EXPECT_EQ(keepalives.next(), kStart + seconds(20));
  keepalives.sent(kPath, kStart + seconds(5));
  EXPECT_FALSE(keepalives.take_due(kStart + seconds(20)).has_value());
  EXPECT_EQ(keepalives.next(), kStart + seconds(25));
  const auto due = keepalives.take_due(kStart + seconds(25));
  ASSERT_TRUE(due.has_value());
  EXPECT_EQ(due->ike_sas, std::vector<IkeSaId>{{1}});
  EXPECT_FALSE(due->asked);
}

TEST(Keepalives, WaitForTheAnswersOfTheStack) {
  Keepalives keepalives(seconds(20));
  keepalives.file({1}, kPath, kStart);
  const auto now = kStart + seconds(20);
  ASSERT_TRUE(keepalives.take_due(now).has_value());
  keepalives.asked(kPath, 2, now);
  EXPECT_FALSE(keepalives.take_due(now).has_value());
  keepalives.answered({1}, kStart + seconds(1), now);
  EXPECT_FALSE(keepalives.take_due(now).has_value());
  keepalives.answered({1}, kStart, now);
  EXPECT_FALSE(keepalives.take_due(now).has_value()) << "something went out 19 s ago";
  EXPECT_EQ(keepalives.next(), kStart + seconds(21));
}

TEST(Keepalives, DoNotWaitForEverForAStackThatDoesNotAnswer) {
  Keepalives keepalives(seconds(20));
  keepalives.file({1}, kPath, kStart);
  const auto now = kStart + seconds(20);
  ASSERT_TRUE(keepalives.take_due(now).has_value());
  keepalives.asked(kPath, 2, now);
  const auto due = keepalives.take_due(now + seconds(1));
  ASSERT_TRUE(due.has_value());
  EXPECT_TRUE(due->asked);
  keepalives.sent(kPath, now + seconds(1));
  EXPECT_EQ(keepalives.next(), now + seconds(21));
}

TEST(Keepalives, AreSharedByAllIkeSasOfAPath) {
  Keepalives keepalives(seconds(20));
  keepalives.file({1}, kPath, kStart);
  keepalives.file({2}, kPath, kStart + seconds(3));
  EXPECT_EQ(keepalives.size(), 1u);
  keepalives.file({1}, std::nullopt, kStart);
  EXPECT_EQ(keepalives.next(), kStart + seconds(20));
  keepalives.file({2}, std::nullopt, kStart);
  EXPECT_TRUE(keepalives.empty());
  EXPECT_EQ(keepalives.next(), std::nullopt);
}

TEST(Keepalives, FollowAnIkeSaToAnotherPath) {
  Keepalives keepalives(seconds(20));
  keepalives.file({1}, kPath, kStart);
  auto other = kPath;
  other.remote.port = 4711;
  keepalives.file({1}, other, kStart + seconds(5));
  EXPECT_EQ(keepalives.size(), 1u);
  EXPECT_EQ(keepalives.next(), kStart + seconds(25));
}

}  // namespace
}  // namespace keypact::ike
