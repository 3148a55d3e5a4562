#include "daemon/policy_routing.h"

#include <gtest/gtest.h>

namespace keypact::daemon {
namespace {

using Way = PolicyRouting::Way;

TrafficSelector net(const char* address, int length) {
  return TrafficSelector::of(prefix_of(*IpAddress::parse(address), length));
}

ipsec::Policy policy(PolicyAction action = PolicyAction::protect) {
  return {PolicyId{1}, "tunnel/net", action, {net("10.1.0.0", 24)}, {net("10.2.0.0", 24)}};
}

std::string because(const ipsec::Policy& asked, RoutesFor what = RoutesFor::all_protocols) {
  return routing_of(asked, what).because;
}

TEST(PolicyRouting, WhatIsProtectedOrDroppedIsLedIntoTheTunnel) {
  EXPECT_EQ(routing_of(policy(), RoutesFor::all_protocols).way, Way::into_tunnel);
  EXPECT_EQ(because(policy()), "protects what is between 10.1.0.0/24 and 10.2.0.0/24");
  EXPECT_EQ(routing_of(policy(PolicyAction::discard), RoutesFor::all_protocols).way, Way::into_tunnel);
  EXPECT_EQ(because(policy(PolicyAction::discard)), "drops what is between 10.1.0.0/24 and 10.2.0.0/24");
}

TEST(PolicyRouting, WhatPassesIsLedPastTheTable) {
  EXPECT_EQ(routing_of(policy(PolicyAction::bypass), RoutesFor::all_protocols).way, Way::past_the_table);
  EXPECT_EQ(because(policy(PolicyAction::bypass)), "lets what is between 10.1.0.0/24 and 10.2.0.0/24 pass");
}

TEST(PolicyRouting, WhatSelectorsAloneDoNotChooseIsLeftToTheHost) {
  auto marked = policy();
  marked.placement.out.mark = {1, ~0U};
  auto over_interface = policy();
  over_interface.placement.out.interface_id = 42;
  auto bound = policy();
  bound.placement.interface = "eth7";
  auto others = policy();
  others.placement.policies = false;
  for (const auto& each : {marked, over_interface, bound, others})
    EXPECT_EQ(routing_of(each, RoutesFor::every_policy).way, Way::none);
  EXPECT_EQ(because(marked), "takes what has its mark, which the host's own rules decide");
  EXPECT_EQ(because(over_interface), "takes what passes its XFRM interface, which the host's own routes decide");
  EXPECT_EQ(because(bound), "is about packets over eth7 only");
  EXPECT_EQ(because(others), "leaves its policies to others, who lead its packets");
}

TEST(PolicyRouting, BetweenTheTwoEndsThemselvesNothingIsLed) {
  auto transport = policy();
  transport.mode = Mode::transport;
  EXPECT_EQ(routing_of(transport, RoutesFor::every_policy).way, Way::none);
  EXPECT_EQ(because(transport),
            "is in transport mode: packets between the two ends themselves go the way that they have");
}

TEST(PolicyRouting, SingleProtocolsAreLedOnlyWhereTheKernelDoesNotTakeThemAnyway) {
  auto only_tcp = policy();
  only_tcp.remote[0].protocol = 6;
  EXPECT_EQ(routing_of(only_tcp, RoutesFor::every_policy).way, Way::into_tunnel);
  EXPECT_EQ(routing_of(only_tcp, RoutesFor::all_protocols).way, Way::none);
  EXPECT_EQ(because(only_tcp),
            "is about single protocols, and other packets between these addresses go on as they did");
}

}  // namespace
}  // namespace keypact::daemon
