// Child SAs that are replaced by what they carried, and that are closed when they carry nothing. swanctl's rekey_bytes,
// life_packets, inactivity and their like; RFC 4301 §4.4.2.1, RFC 7296 §2.8.
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

class Volume : public Ladder {
 protected:
  static ChildSaId only_child(Node& node) { return node.stack.child_sas().begin()->first; }
};

TEST_F(Volume, TheIpsecStackIsToldTheLimits) {
  left_site.octets = {1000, 1100, 0};
  left_site.packets = {50, 60, 10};
  start();
  initiate();
  const auto& sa = left().stack.child_sas().begin()->second;
  EXPECT_EQ(sa.soft.octets, 1000u);
  EXPECT_EQ(sa.hard.octets, 1100u);
  EXPECT_GT(sa.soft.packets, 40u);
  EXPECT_LE(sa.soft.packets, 50u);
  EXPECT_EQ(sa.hard.packets, 60u);
  EXPECT_EQ(right().stack.child_sas().begin()->second.soft.octets, 0u) << "each end has its own";
}

TEST_F(Volume, ARandomAmountBeyondTheLimitLeavesOnePacket) {
  left_site.packets = {3, 0, 1000000};
  start();
  initiate();
  EXPECT_GE(left().stack.child_sas().begin()->second.soft.packets, 1u);
}

TEST_F(Volume, AtTheSoftLimitTheChildSaIsRekeyed) {
  start();
  initiate();
  const auto before = only_child(left());
  mark_ladder();
  world.stack_event(left(), ipsec::ChildSaExpired{before, false});
  world.run_for(seconds(20));
  EXPECT_NE(only_child(left()), before);
  expect_mirrored_child_sas(1);
  EXPECT_TRUE(ladder_since_mark().front().starts_with("left  CREATE_CHILD_SA request 2  HDR, SK {N(REKEY_SA), SA, "));
}

TEST_F(Volume, AtTheHardLimitTheChildSaIsReplacedByAnotherOne) {
  start();
  initiate();
  const auto before = only_child(left());
  world.stack_event(left(), ipsec::ChildSaExpired{before, true});
  world.run_for(seconds(20));
  EXPECT_NE(only_child(left()), before);
  expect_mirrored_child_sas(1);
}

TEST_F(Volume, AnIdleChildSaIsClosedAndTheIkeSaStays) {
  left_site.inactivity = minutes(5);
  start();
  initiate();
  world.run_for(minutes(4));
  expect_mirrored_child_sas(1);
  world.run_for(minutes(2));
  expect_mirrored_child_sas(0);
  EXPECT_EQ(established_ike_sas(left()), 1u);
  EXPECT_EQ(left().stack.policies().size(), 1u) << "nothing leaves in clear, and a trap may ask again";
  EXPECT_FALSE(left().engine.deadline().has_value());
}

TEST_F(Volume, AChildSaThatCarriesTrafficIsNotClosed) {
  left_site.inactivity = minutes(5);
  start();
  initiate();
  world.run_for(minutes(4));
  left().stack.sent_over(only_child(left()), world.now());
  world.run_for(minutes(4));
  expect_mirrored_child_sas(1);
  world.run_for(minutes(2));
  expect_mirrored_child_sas(0);
}

TEST_F(Volume, ARekeyingIsNoTraffic) {
  left_site.inactivity = minutes(5);
  left_site.child_rekey_time = minutes(2);
  start();
  initiate();
  world.run_for(minutes(7));
  expect_mirrored_child_sas(0);
}

}  // namespace
}  // namespace keypact::sim
