// The simulator itself: the same seed gives the same datagrams, and an invariant that is broken on purpose is found.
#include <gtest/gtest.h>

#include "sim/invariants.h"
#include "sim/scenario.h"
#include "sim/site_to_site.h"

namespace keypact::sim {
namespace {

TEST(Determinism, SameSeedSameTrace) {
  for (const std::uint64_t seed : {1u, 7u, 23u, 101u, 4096u}) {
    const auto once = run_scenario(seed);
    const auto again = run_scenario(seed);
    EXPECT_EQ(once.trace_hash, again.trace_hash) << "seed " << seed;
    EXPECT_EQ(once.broken, "") << "seed " << seed;
    EXPECT_GT(once.datagrams, 0u) << "seed " << seed;
  }
}

TEST(Determinism, OtherSeedsGiveOtherTraces) { EXPECT_NE(run_scenario(1).trace_hash, run_scenario(2).trace_hash); }

TEST(Determinism, WatchingChangesNothing) {
  std::size_t lines = 0;
  const auto watched = run_scenario(5, [&](const std::string&) { ++lines; });
  EXPECT_EQ(watched.trace_hash, run_scenario(5).trace_hash);
  EXPECT_GT(lines, 0u);
}

constexpr auto kLeft = "left.example.org";
constexpr auto kRight = "right.example.org";

/// Two gateways with a tunnel, and the invariants that watch them.
class DamagedWorld : public ::testing::Test {
 protected:
  DamagedWorld() {
    const auto [left, right] = left_and_right();
    world.add(kLeft, left.local, left.snapshot());
    world.add(kRight, right.local, right.snapshot());
    invariants.events.asked(world.node(kLeft), ControlId{1}, world.now());
    world.control(world.node(kLeft), ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
    world.run_for(seconds(1));
    EXPECT_EQ(invariants.broken().words(), "");
  }
  /// Something happens at the left side, so that the invariants are looked at.
  void stir() {
    world.inject(world.node(kLeft), {{}, {}, Octets(28, 0)});
    world.run_for(seconds(1));
  }
  SimulatedStack& left_stack() { return world.node(kLeft).stack; }
  ipsec::ChildSa left_child_sa() { return copy_of(left_stack().child_sas().begin()->second); }
  static ipsec::ChildSa copy_of(const ipsec::ChildSa& sa) {
    ipsec::ChildSa copy;
    copy.id = sa.id;
    copy.policy = sa.policy;
    copy.local = sa.local;
    copy.remote = sa.remote;
    copy.inbound_spi = sa.inbound_spi;
    copy.outbound_spi = sa.outbound_spi;
    copy.inbound = keypact::copy_of(sa.inbound);
    copy.outbound = keypact::copy_of(sa.outbound);
    copy.esn = sa.esn;
    copy.local_selectors = sa.local_selectors;
    copy.remote_selectors = sa.remote_selectors;
    return copy;
  }
  /// Puts another SA into the stack in place of the one that the engine installed.
  void replace(ipsec::ChildSa changed) {
    (void)left_stack().apply(ipsec::RemoveChildSa{changed.id});
    (void)left_stack().apply(ipsec::InstallChildSa{std::move(changed)});
  }
  std::string broken() { return invariants.broken().words().substr(0, std::string("invariant 10").size()); }

  World world{1};
  Invariants invariants{world};
};

TEST_F(DamagedWorld, AnSaThatThePeerDoesNotHoldIsFound) {
  (void)world.node(kRight).stack.apply(ipsec::RemoveChildSa{world.node(kRight).stack.child_sas().begin()->first});
  stir();
  world.run_for(minutes(1));
  invariants.check_agreement(world.node(kLeft));
  EXPECT_EQ(broken(), "invariant 1,");
}

TEST_F(DamagedWorld, OtherKeysThanThePeersAreFound) {
  auto sa = left_child_sa();
  std::swap(sa.inbound, sa.outbound);
  replace(std::move(sa));
  stir();
  EXPECT_EQ(broken(), "invariant 1,");
}

TEST_F(DamagedWorld, SelectorsBeyondThePolicyAreFound) {
  auto sa = left_child_sa();
  sa.remote_selectors = {TrafficSelector::all(IpFamily::v4)};
  replace(std::move(sa));
  stir();
  EXPECT_EQ(broken(), "invariant 7,");
}

TEST_F(DamagedWorld, APolicyThatIsGoneIsFound) {
  (void)left_stack().apply(ipsec::RemovePolicy{left_stack().policies().begin()->first});
  stir();
  EXPECT_EQ(broken(), "invariant 6,");
}

TEST_F(DamagedWorld, AnSaThatTheEngineForgotIsFound) {
  auto sa = left_child_sa();
  sa.id = ChildSaId{4711};
  (void)left_stack().apply(ipsec::InstallChildSa{std::move(sa)});
  stir();
  EXPECT_EQ(broken(), "invariant 9,");
}

TEST_F(DamagedWorld, ARequestWithoutAnOutcomeIsFound) {
  invariants.events.asked(world.node(kLeft), ControlId{2}, world.now());
  invariants.check_all_answered();
  EXPECT_EQ(broken(), "invariant 11");
}

}  // namespace
}  // namespace keypact::sim
