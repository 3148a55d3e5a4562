// Limits of what an SA may carry, by octets and packets: told once each, and nothing passes beyond the hard one. RFC 4301 §4.4.2.1.
#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using namespace testing;

/// One event since the last packet: soft or hard; nothing: none.
std::optional<bool> hard(const End& end) {
  if (end.output.events().empty()) return std::nullopt;
  EXPECT_EQ(end.output.events().size(), 1U);
  return std::get<ipsec::ChildSaExpired>(end.output.events()[0]).hard;
}

struct Limited : ::testing::Test {
  void limit(ipsec::VolumeLimit soft, ipsec::VolumeLimit hardest) {
    for (const bool is_left : {true, false}) {
      auto& end = is_left ? left : right;
      end.plane.apply(ipsec::InstallPolicy{make_policy({}, is_left)}, end.now);
      auto sa = make_sa({}, is_left);
      if (is_left) {
        sa.soft = soft;
        sa.hard = hardest;
      }
      ASSERT_TRUE(end.installs(std::move(sa)));
    }
  }
  End left{1};
  End right{2};
};

TEST_F(Limited, PacketsAreCountedAndEachLimitIsToldOnce) {
  limit({0, 3}, {0, 5});
  for (int i = 1; i <= 2; ++i) {
    EXPECT_EQ(left.send(make_packet({})).size(), 1U);
    EXPECT_EQ(hard(left), std::nullopt);
  }
  EXPECT_EQ(left.send(make_packet({})).size(), 1U);
  EXPECT_EQ(hard(left), false);
  EXPECT_EQ(left.send(make_packet({})).size(), 1U);
  EXPECT_EQ(hard(left), std::nullopt) << "said once";
  EXPECT_EQ(left.send(make_packet({})).size(), 1U);
  EXPECT_EQ(hard(left), true);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(left.send(make_packet({})).empty());
  EXPECT_EQ(left.dropped(DropReason::lifetime_over), 10U);
}

TEST_F(Limited, OctetsAreThoseOfTheInnerPackets) {
  const auto size = make_packet({}).size();
  limit({2 * size, 0}, {});
  left.send(make_packet({}));
  EXPECT_EQ(hard(left), std::nullopt);
  left.send(make_packet({}));
  EXPECT_EQ(hard(left), false);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(left.send(make_packet({})).size(), 1U) << "without a hard limit it goes on";
}

TEST_F(Limited, WhatComesInCountsForItselfAndEndsBothDirections) {
  limit({}, {0, 2});
  Octets answer = make_packet({.source = "10.2.0.1", .destination = "10.1.0.1"});
  left.send(make_packet({}));
  for (int i = 0; i < 2; ++i) {
    const auto esp = right.send(answer);
    ASSERT_EQ(esp.size(), 1U);
    EXPECT_EQ(left.receive(esp[0].octets).size(), 1U);
  }
  EXPECT_EQ(hard(left), true);
  const auto late = right.send(answer);
  ASSERT_EQ(late.size(), 1U);
  EXPECT_TRUE(left.receive(late[0].octets).empty());
  EXPECT_TRUE(left.send(make_packet({})).empty());
}

}  // namespace
}  // namespace keypact::esp
