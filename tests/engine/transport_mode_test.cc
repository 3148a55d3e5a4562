// Transport mode: asked for, granted or declined, and what the selectors become where NATs are in between. RFC 7296 §1.3.1, §2.23.1.
#include "tests/engine/nat_ladder.h"

namespace keypact::sim {
namespace {

class TransportMode : public NatLadder {
 protected:
  TransportMode() {
    for (auto* site : {&left_site, &right_site}) {
      site->between_hosts = true;
      site->mode = Mode::transport;
    }
  }
  void bring_up_from(Node& node) {
    ask(node, ike::Initiate{ControlId{5}, "net", "lan", {}, {}});
    EXPECT_EQ(outcome(node, ControlId{5}), std::nullopt);
  }
  static const ipsec::ChildSa& child(Node& node) { return node.stack.child_sas().rbegin()->second; }
  /// Both ends hold the same Child SA in this mode, each with the addresses that it sees.
  void expect_mode(Mode mode) {
    for (auto* node : {&left(), &right()}) {
      ASSERT_EQ(child_sas(*node), 1u) << node->name;
      EXPECT_EQ(child(*node).mode, mode) << node->name;
      EXPECT_EQ(established(*node)->children().begin()->second.mode, mode) << node->name;
    }
    EXPECT_EQ(child(left()).inbound_spi, child(right()).outbound_spi);
    EXPECT_EQ(child(left()).outbound_spi, child(right()).inbound_spi);
  }
  static std::string selectors(Node& node) {
    return to_string(child(node).local_selectors) + " === " + to_string(child(node).remote_selectors);
  }
};

TEST_F(TransportMode, IsAskedForAndGranted) {
  start();
  mark_ladder();
  bring_up_from(left());
  expect_mode(Mode::transport);
  EXPECT_EQ(ladder_since_mark()[2],
            "left  IKE_AUTH request 1  HDR, SK {IDi, IDr, N(INITIAL_CONTACT), AUTH, "
            "N(USE_TRANSPORT_MODE), SAi2, TSi, TSr}");
  EXPECT_EQ(ladder_since_mark()[3],
            "right  IKE_AUTH response 1  HDR, SK {IDr, AUTH, N(USE_TRANSPORT_MODE), SAr2, TSi, TSr}");
  EXPECT_EQ(selectors(left()), "192.0.2.1/32 === 192.0.2.2/32");
}

TEST_F(TransportMode, ARekeyingAsksForItAgain) {
  start();
  bring_up_from(left());
  mark_ladder();
  ask(right(), ike::RekeyChild{ControlId{6}, child(right()).id});
  run(minutes(1));
  EXPECT_EQ(ladder_since_mark()[0],
            "right  CREATE_CHILD_SA request 0  HDR, SK {N(REKEY_SA), N(USE_TRANSPORT_MODE), SA, Ni, KEi, TSi, TSr}");
  EXPECT_EQ(ladder_since_mark()[1],
            "left  CREATE_CHILD_SA response 0  HDR, SK {N(USE_TRANSPORT_MODE), SA, Nr, KEr, TSi, TSr}");
  expect_mode(Mode::transport);
}

TEST_F(TransportMode, AResponderThatDeclinesGivesTunnelMode) {
  right_site.mode = Mode::tunnel;
  start();
  bring_up_from(left());
  expect_mode(Mode::tunnel);
}

TEST_F(TransportMode, AResponderGivesWhatIsAskedFor) {
  left_site.mode = Mode::tunnel;
  start();
  bring_up_from(left());
  expect_mode(Mode::tunnel);
}

TEST_F(TransportMode, AnEndWhoseStackHasNoneNeitherAsksNorGrants) {
  ike::Options options;
  options.esp_tunnels_only = true;
  world.set_options(options);
  start();
  bring_up_from(left());
  expect_mode(Mode::tunnel);
}

TEST_F(TransportMode, NetworksBehindTheEndsHaveTunnelMode) {
  for (auto* site : {&left_site, &right_site}) site->between_hosts = false;
  start();
  bring_up_from(left());
  expect_mode(Mode::tunnel);
  EXPECT_EQ(selectors(left()), "10.1.0.0/24 === 10.2.0.0/24");
}

TEST_F(TransportMode, BehindANatEachEndHasTheAddressesThatItSees) {
  put_left_behind_nat();
  start();
  bring_up_from(left());
  expect_mode(Mode::transport);
  EXPECT_EQ(selectors(left()), "192.0.2.1/32 === 192.0.2.2/32");
  EXPECT_EQ(selectors(right()), "192.0.2.2/32 === 198.51.100.7/32");
}

TEST_F(TransportMode, BehindTwoNatsToo) {
  put_left_behind_nat();
  put_right_behind_nat();
  start();
  bring_up_from(left());
  expect_mode(Mode::transport);
  EXPECT_EQ(selectors(left()), "192.0.2.1/32 === 203.0.113.9/32");
  EXPECT_EQ(selectors(right()), "192.0.2.2/32 === 198.51.100.7/32");
  ask(right(), ike::RekeyChild{ControlId{6}, child(right()).id});
  run(minutes(1));
  EXPECT_EQ(outcome(right(), ControlId{6}), std::nullopt);
  expect_mode(Mode::transport);
  EXPECT_EQ(selectors(left()), "192.0.2.1/32 === 203.0.113.9/32");
}

TEST_F(TransportMode, WhatFitsNoTransportPolicyIsLookedUpAsItWasSent) {
  put_left_behind_nat();
  right_site.between_hosts = false;  // remote network 10.1.0.0/24
  right_site.mode = Mode::tunnel;
  right_site.remote_network = prefix_of(left_site.local, 32);
  right_site.local_network = prefix_of(right_site.local, 32);
  start();
  bring_up_from(left());
  expect_mode(Mode::tunnel);
  EXPECT_EQ(selectors(right()), "192.0.2.2/32 === 192.0.2.1/32") << "the address that the client believes to have";
}

}  // namespace
}  // namespace keypact::sim
