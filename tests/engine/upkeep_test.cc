// Tunnels that come up and come back without an operator: start_action, close_action and dpd_action. RFC 7296 §2.4, RFC 4301 §4.4.1.
#include <algorithm>

#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

class UpkeepLadder : public Ladder {
 protected:
  void part() { world.part(left(), right()); }
  void join() { world.join(left(), right()); }
  void start_action() { world.control(left(), ike::Initiate{ControlId{77}, "net", "lan", {}, {}, true}); }
  std::size_t sa_init_requests() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        world.ladder(), [](const std::string& line) { return line.starts_with("left  IKE_SA_INIT request 0  HDR"); }));
  }
  void acquire() { world.stack_event(left(), ipsec::Acquire{left().stack.policies().begin()->first}); }
};

TEST_F(UpkeepLadder, AStartActionIsTriedUntilThePeerIsThere) {
  start();
  part();
  start_action();
  world.run_for(minutes(30));
  EXPECT_EQ(child_sas(left()), 0u);
  EXPECT_GT(sa_init_requests(), 3u) << "one attempt after the other";
  join();
  world.run_for(minutes(2));
  expect_mirrored_child_sas(1);
  EXPECT_EQ(left().count<ike::RequestDone>(), 0u) << "nobody waits for it";
}

TEST_F(UpkeepLadder, ATunnelWhosePeerDiedComesBackWhenItIsConfiguredSo) {
  left_site.dpd_delay = seconds(30);
  left_site.dpd_action = config::Action::start;
  start();
  initiate();
  expect_mirrored_child_sas(1);
  part();
  world.restart(right(), right_site.snapshot());
  world.run_for(minutes(20));
  EXPECT_EQ(child_sas(left()), 0u);
  EXPECT_EQ(left().stack.policies().size(), 1u) << "nothing leaves in clear meanwhile";
  join();
  world.run_for(minutes(3));
  expect_mirrored_child_sas(1);
}

TEST_F(UpkeepLadder, APeerThatIsKnownByItsNameIsLookedUpForEachAttempt) {
  left_site.dpd_delay = seconds(30);
  left_site.dpd_action = config::Action::start;
  auto snapshot = std::make_shared<config::Snapshot>(*left_site.snapshot());
  auto connection = std::make_shared<config::Connection>(*snapshot->connections.front());
  config::AddressPattern by_name;
  by_name.kind = config::AddressPattern::Kind::name;
  by_name.name = "gateway.example";
  connection->remote_addrs = {by_name};
  snapshot->connections.front() = std::move(connection);
  world.add("left", left_site.local, std::move(snapshot));
  world.add("right", right_site.local, right_site.snapshot());
  const auto asked = [&] { return left().count<ike::AddressWanted>(); };
  const auto answer = [&](std::optional<IpAddress> where) {
    world.control(left(),
                  ike::Initiate{left().last<ike::AddressWanted>()->request, "net", "lan", left_site.local, where});
  };
  start_action();
  ASSERT_EQ(asked(), 1u);
  EXPECT_EQ(sa_init_requests(), 0u);
  answer(std::nullopt);
  EXPECT_EQ(left().last<ike::Refused>(), nullptr) << "it is asked again, and nobody waits";
  world.run_for(minutes(2));
  ASSERT_EQ(asked(), 2u);
  answer(right_site.local);
  world.run_for(seconds(2));
  expect_mirrored_child_sas(1);
  world.restart(right(), right_site.snapshot());
  part();
  world.run_for(minutes(20));
  ASSERT_EQ(asked(), 3u) << "the tunnel is gone";
  EXPECT_EQ(left().last<ike::AddressWanted>()->last_remote, right_site.local);
  join();
  answer(right_site.local);
  world.run_for(seconds(2));
  expect_mirrored_child_sas(1);
}

TEST_F(UpkeepLadder, ATunnelWhosePeerDiedStaysDownWithoutAnAction) {
  left_site.dpd_delay = seconds(30);
  start();
  initiate();
  world.restart(right(), right_site.snapshot());
  world.run_for(minutes(30));
  EXPECT_EQ(child_sas(left()), 0u);
  EXPECT_FALSE(left().engine.deadline().has_value());
}

TEST_F(UpkeepLadder, WhatThePeerClosesComesBackWhenItIsConfiguredSo) {
  left_site.close_action = config::Action::start;
  start();
  initiate();
  world.control(right(), ike::TerminateIke{ControlId{5}, established_id(right()), false});
  world.run_for(seconds(30));
  expect_mirrored_child_sas(1);
  world.control(right(), ike::TerminateChild{ControlId{6}, right().stack.child_sas().begin()->first});
  world.run_for(seconds(30));
  expect_mirrored_child_sas(1);
  EXPECT_EQ(left().engine.ike_sas().size(), 1u);
}

TEST_F(UpkeepLadder, WhatAnOperatorTakesDownStaysDown) {
  left_site.close_action = left_site.dpd_action = config::Action::start;
  start();
  initiate();
  world.control(left(), ike::TerminateIke{ControlId{5}, established_id(left()), false});
  world.run_for(minutes(5));
  EXPECT_EQ(child_sas(left()) + child_sas(right()), 0u);
  EXPECT_FALSE(left().engine.deadline().has_value());
}

TEST_F(UpkeepLadder, AnAttemptThatAnOperatorEndsIsNotMadeAgain) {
  start();
  part();
  start_action();
  world.run_for(seconds(5));
  world.control(left(), ike::TerminateIke{ControlId{5}, left().engine.ike_sas().begin()->first, false});
  join();
  world.run_for(minutes(10));
  EXPECT_EQ(child_sas(left()), 0u);
  EXPECT_FALSE(left().engine.deadline().has_value());
}

TEST_F(UpkeepLadder, I16_PacketsThatAskForATunnelBeginOneNegotiation) {
  left_site.start_action = config::Action::trap;
  start();
  for (int packet = 0; packet < 1000; ++packet) acquire();
  world.run_for(seconds(5));
  EXPECT_EQ(sa_init_requests(), 1u);
  expect_mirrored_child_sas(1);
}

TEST_F(UpkeepLadder, ATrapThatCameToNothingWaitsForTheNextPacket) {
  left_site.start_action = config::Action::trap;
  right_site.secret = "another key";
  start();
  acquire();
  world.run_for(minutes(10));
  EXPECT_EQ(sa_init_requests(), 1u);
  acquire();
  world.run_for(seconds(10));
  EXPECT_EQ(sa_init_requests(), 2u);
}

TEST_F(UpkeepLadder, WithoutATrapPacketsBeginNothing) {
  start();
  acquire();
  EXPECT_EQ(left().stack.dropped_held(), 1u) << "and do not wait";
  world.run_for(seconds(10));
  EXPECT_EQ(sa_init_requests(), 0u);
}

TEST_F(UpkeepLadder, PacketsWaitNoLongerThanTheNegotiationThatTheyBegan) {
  left_site.start_action = config::Action::trap;
  right_site.secret = "another key";
  start();
  acquire();
  EXPECT_EQ(left().stack.dropped_held(), 0u);
  world.run_for(seconds(10));
  EXPECT_EQ(left().stack.dropped_held(), 1u);
}

TEST_F(UpkeepLadder, PacketsWaitForAStartActionThatGoesOn) {
  left_site.start_action = config::Action::start;
  start();
  part();
  start_action();
  world.run_for(minutes(30));
  acquire();
  EXPECT_EQ(left().stack.dropped_held(), 0u);
}

TEST_F(UpkeepLadder, WhatWasClosedIsATrapWhenItIsConfiguredSo) {
  left_site.close_action = config::Action::trap;
  start();
  initiate();
  world.control(right(), ike::TerminateIke{ControlId{5}, established_id(right()), false});
  world.run_for(minutes(1));
  EXPECT_EQ(child_sas(left()), 0u) << "it waits for a packet";
  acquire();
  world.run_for(seconds(5));
  expect_mirrored_child_sas(1);
}

TEST_F(UpkeepLadder, ATrapOfACloseActionGoesWithIt) {
  left_site.close_action = config::Action::trap;
  start();
  initiate();
  world.control(right(), ike::TerminateIke{ControlId{5}, established_id(right()), false});
  world.run_for(minutes(1));
  left_site.close_action = config::Action::none;
  world.configure(left(), left_site.snapshot());
  acquire();
  world.run_for(seconds(5));
  EXPECT_EQ(child_sas(left()), 0u);
  EXPECT_EQ(left().stack.dropped_held(), 1u);
}

TEST_F(UpkeepLadder, WhoWantsToKnowSoonThatAPeerIsGoneSaysHowLongItMayBeSilent) {
  left_site.dpd_delay = seconds(5);
  ike::Options options;
  options.give_up_after = seconds(8);
  world.set_options(options);
  start();
  initiate();
  part();
  world.run_for(seconds(12));
  EXPECT_EQ(child_sas(left()), 1u);
  world.run_for(seconds(2));
  EXPECT_EQ(child_sas(left()), 0u);
}

TEST_F(UpkeepLadder, WhatIsNotConfiguredAnyMoreIsNotTriedAnyMore) {
  start();
  part();
  start_action();
  world.run_for(minutes(1));
  world.configure(left(), std::make_shared<const config::Snapshot>());
  world.run_for(minutes(30));
  EXPECT_TRUE(left().engine.ike_sas().empty());
  EXPECT_FALSE(left().engine.deadline().has_value());
}

}  // namespace
}  // namespace keypact::sim
