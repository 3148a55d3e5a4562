#include "io/netlink.h"

#include <algorithm>

#include "io/clock.h"
#include "io/network_changes.h"
#include "io/network_watch.h"
#include "io/test_network.h"
#include "io/tun_device.h"

namespace keypact::io {
namespace {

/// With an interface "kpnet" that is up and has 10.9.0.1/24 and fd09::1/64.
class NetlinkTest : public InNetworkNamespace {
 protected:
  void SetUp() override {
    InNetworkNamespace::SetUp();
    auto created = TunDevice::create("kpnet");
    ASSERT_TRUE(created) << created.error().to_string();
    tun_ = std::make_unique<TunDevice>(std::move(*created));
    index_ = interface("kpnet");
    const auto done = netlink_->configure(index_, {.up = true, .automatic_ipv6_address = false});
    ASSERT_TRUE(done) << done.error().to_string();
    add_address(index_, "10.9.0.1", 24);
    add_address(index_, "fd09::1", 64);
  }
  void TearDown() override {
    tun_.reset();
    InNetworkNamespace::TearDown();
  }
  NetworkChanges changes() { return NetworkChanges(Netlink::open().value()); }
  [[nodiscard]] bool has_address(const char* address) {
    const auto addresses = netlink_->local_addresses();
    EXPECT_TRUE(addresses);
    return std::ranges::any_of(*addresses, [&](const LocalAddress& one) { return one.at.address == ip(address); });
  }

  std::unique_ptr<TunDevice> tun_;
  InterfaceIndex index_ = 0;
};

TEST_F(NetlinkTest, ListsLocalAddresses) {
  const auto addresses = netlink_->local_addresses();
  ASSERT_TRUE(addresses);
  const auto find = [&](const char* address) {
    return std::ranges::find_if(*addresses, [&](const LocalAddress& one) { return one.at.address == ip(address); });
  };
  ASSERT_NE(find("127.0.0.1"), addresses->end());
  EXPECT_TRUE(find("127.0.0.1")->loopback);
  ASSERT_NE(find("::1"), addresses->end());
  EXPECT_TRUE(find("::1")->loopback);
  ASSERT_NE(find("10.9.0.1"), addresses->end());
  EXPECT_EQ(find("10.9.0.1")->at, (InterfaceAddress{index_, ip("10.9.0.1"), 24}));
  EXPECT_FALSE(find("10.9.0.1")->loopback || find("10.9.0.1")->temporary);
  ASSERT_NE(find("fd09::1"), addresses->end());
  EXPECT_TRUE(find("fd09::1")->usable);
}

TEST_F(NetlinkTest, AddsAndRemovesAddresses) {
  for (const auto& [text, length] : {std::pair{"10.9.7.1", 32}, {"fd09:7::1", 128}}) {
    const InterfaceAddress address{index_, ip(text), length};
    EXPECT_EQ(netlink_->add(address), true);
    EXPECT_TRUE(has_address(text));
    EXPECT_EQ(netlink_->add(address), false) << "a second time it is not ours to remove";
    EXPECT_TRUE(netlink_->remove(address));
    EXPECT_FALSE(has_address(text));
    EXPECT_TRUE(netlink_->remove(address)) << "it is gone, which is what was asked for";
  }
}

TEST_F(NetlinkTest, TellsHowADestinationIsReached) {
  const auto near = netlink_->route_to(ip("10.9.0.77"));
  ASSERT_TRUE(near);
  EXPECT_EQ(near->source, ip("10.9.0.1"));
  EXPECT_EQ(near->interface, index_);
  EXPECT_FALSE(near->gateway);
  const auto near_v6 = netlink_->route_to(ip("fd09::77"));
  ASSERT_TRUE(near_v6);
  EXPECT_EQ(near_v6->source, ip("fd09::1"));
  EXPECT_EQ(near_v6->interface, index_);
  EXPECT_EQ(netlink_->route_to(ip("127.0.0.3"))->interface, loopback_);

  for (const char* far : {"192.0.2.1", "2001:db8::1"}) {
    const auto none = netlink_->route_to(ip(far));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().what, std::string("no route to ") + far);
    EXPECT_EQ(none.error().why, "network is unreachable");
  }
}

TEST_F(NetlinkTest, AddsRoutesWithSourceMetricGatewayAndMtu) {
  add_address(index_, "10.9.0.99", 32);
  ASSERT_EQ(netlink_->add(Route{.destination = prefix("192.0.2.0", 24),
                                .interface = index_,
                                .gateway = ip("10.9.0.2"),
                                .preferred_source = ip("10.9.0.99"),
                                .metric = 50,
                                .mtu = 1234}),
            true);
  const auto found = netlink_->route_to(ip("192.0.2.200"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->source, ip("10.9.0.99"));
  EXPECT_EQ(found->gateway, ip("10.9.0.2"));
  EXPECT_EQ(found->mtu, 1234U);
  // A better metric wins.
  ASSERT_EQ(netlink_->add(Route{.destination = prefix("192.0.2.0", 24), .interface = index_, .metric = 10}), true);
  EXPECT_FALSE(netlink_->route_to(ip("192.0.2.200"))->gateway);
}

TEST_F(NetlinkTest, AddsIpv6Routes) {
  add_address(index_, "fd09::99", 128);
  const Route route{.destination = prefix("2001:db8::", 32),
                    .interface = index_,
                    .preferred_source = ip("fd09::99"),
                    .metric = 7,
                    .mtu = 1300};
  ASSERT_EQ(netlink_->add(route), true);
  const auto found = netlink_->route_to(ip("2001:db8::5"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->source, ip("fd09::99"));
  EXPECT_EQ(found->mtu, 1300U);
  EXPECT_TRUE(netlink_->remove(route));
  EXPECT_FALSE(netlink_->route_to(ip("2001:db8::5")));
  EXPECT_TRUE(netlink_->remove(route));
}

TEST_F(NetlinkTest, RulesSendAllButTheMarkedPacketsIntoATable) {
  constexpr std::uint32_t kTable = 51000;  // beyond the 8 bits of the header's field
  constexpr std::uint32_t kMark = 0x4b50;
  for (const auto family : {IpFamily::v4, IpFamily::v6}) {
    const bool v4 = family == IpFamily::v4;
    const auto peer = ip(v4 ? "192.0.2.1" : "2001:db8::1");
    const Prefix everything{IpAddress::unspecified(family), 0};
    // The way out that was there before, and the tunnel that catches everything but its own packets.
    ASSERT_EQ(netlink_->add(Route{
                  .destination = everything, .interface = loopback_, .preferred_source = ip(v4 ? "127.0.0.1" : "::1")}),
              true);
    const Route tunnel{.destination = everything, .interface = index_, .table = kTable};
    const PolicyRule rule{.family = family, .priority = 220, .table = kTable, .mark = kMark, .invert = true};
    ASSERT_EQ(netlink_->add(tunnel), true);
    ASSERT_EQ(netlink_->add(rule), true);
    ASSERT_EQ(netlink_->add(rule), true) << "left over from an earlier run: ours";

    EXPECT_EQ(netlink_->route_to(peer)->interface, index_);
    EXPECT_EQ(netlink_->route_to(peer, kMark)->interface, loopback_);
    EXPECT_TRUE(netlink_->remove(rule));
    EXPECT_EQ(netlink_->route_to(peer)->interface, loopback_);
    EXPECT_TRUE(netlink_->remove(rule));
  }
}

TEST_F(NetlinkTest, ARuleCanIgnoreDefaultRoutesOfATable) {
  const Prefix everything{IpAddress(), 0};
  ASSERT_EQ(netlink_->add(Route{.destination = everything, .interface = index_}), true);
  ASSERT_EQ(netlink_->add(PolicyRule{.priority = 10, .table = kMainTable, .suppress_prefix_length = 0}), true);
  ASSERT_EQ(netlink_->add(PolicyRule{.priority = 20, .table = 300}), true);
  ASSERT_EQ(netlink_->add(Route{.destination = everything, .kind = RouteKind::unreachable, .table = 300}), true);
  EXPECT_TRUE(netlink_->route_to(ip("10.9.0.5")));
  EXPECT_FALSE(netlink_->route_to(ip("192.0.2.1")));
}

TEST_F(NetlinkTest, UnreachableRoutesFailClosed) {
  for (const auto kind : {RouteKind::unreachable, RouteKind::blackhole}) {
    for (const char* address : {"10.9.0.0", "fd09::"}) {
      const auto block = prefix(address, ip(address).is_v4() ? 28 : 124);
      const Route stop{.destination = block, .kind = kind, .metric = 1};
      ASSERT_EQ(netlink_->add(stop), true);
      EXPECT_FALSE(netlink_->route_to(block.last()));
      ASSERT_TRUE(netlink_->remove(stop));
      EXPECT_TRUE(netlink_->route_to(block.last()));
    }
  }
}

TEST_F(NetlinkTest, RulesCanSkipOthersForOneSourceAndDestination) {
  for (const auto family : {IpFamily::v4, IpFamily::v6}) {
    const bool v4 = family == IpFamily::v4;
    const int length = v4 ? 24 : 64;
    const auto here = ip(v4 ? "10.9.0.1" : "fd09::1");
    const auto there = ip(v4 ? "192.0.2.1" : "2001:db8::1");
    const Prefix everything{IpAddress::unspecified(family), 0};
    ASSERT_EQ(netlink_->add(Route{.destination = everything, .interface = index_}), true);
    ASSERT_EQ(netlink_->add(Route{.destination = everything, .kind = RouteKind::unreachable, .table = 300}), true);
    const PolicyRule stop{.family = family, .priority = 220, .table = 300};
    const PolicyRule landing{.family = family, .priority = 221, .kind = RuleKind::nothing};
    const PolicyRule skip{.family = family,
                          .priority = 219,
                          .kind = RuleKind::skip_to,
                          .target = 221,
                          .source = prefix_of(here, length),
                          .destination = prefix_of(there, length)};
    for (const auto& rule : {stop, skip, landing}) ASSERT_EQ(netlink_->add(rule), true);
    EXPECT_FALSE(netlink_->route_to(there));
    EXPECT_TRUE(netlink_->route_to(there, 0, here));
    EXPECT_FALSE(netlink_->route_to(ip(v4 ? "198.51.100.1" : "2001:db9::1"), 0, here));

    auto listed = netlink_->own_rules();
    ASSERT_TRUE(listed);
    std::erase_if(*listed, [&](const PolicyRule& rule) { return rule.family != family; });
    EXPECT_EQ(*listed, (std::vector{skip, stop, landing}));
    for (const auto& rule : *listed) EXPECT_TRUE(netlink_->remove(rule));
    EXPECT_TRUE(netlink_->route_to(there));
  }
  EXPECT_TRUE(netlink_->own_rules()->empty());
}

TEST_F(NetlinkTest, ChangesTakeOverWhatAnEarlierRunLeft) {
  for (const char* address : {"192.0.2.0", "2001:db8::"}) {
    const auto block = prefix(address, ip(address).is_v4() ? 24 : 32);
    const Route left{.destination = block, .kind = RouteKind::unreachable, .table = 300, .metric = 99};
    ASSERT_EQ(netlink_->add(left), true);
    {
      auto ours = changes();
      ASSERT_TRUE(ours.take_over(left));
      ASSERT_TRUE(ours.take_over(Route{.destination = block, .interface = index_, .table = 300}));
      const auto both = netlink_->own_routes(300);
      ASSERT_TRUE(both);
      EXPECT_EQ(both->size(), 2U) << "the metric tells them apart";
      ASSERT_TRUE(ours.take_over(left)) << "a second use";
      ASSERT_TRUE(ours.remove(left));
      EXPECT_EQ(netlink_->own_routes(300)->size(), 2U);
    }
    EXPECT_EQ(netlink_->own_routes(300), std::vector<Route>{});
  }
}

TEST_F(NetlinkTest, ErrorsSayWhatWasTriedAndWhy) {
  const auto no_interface = netlink_->interface_index("nosuchlink");
  ASSERT_FALSE(no_interface);
  EXPECT_EQ(no_interface.error().what, "there is no network interface nosuchlink");
  const auto bad = netlink_->add(
      Route{.destination = prefix("192.0.2.0", 24), .interface = index_, .gateway = ip("198.51.100.1"), .table = 7});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().what, "cannot add the route to 192.0.2.0/24 via 198.51.100.1 in table 7");
  EXPECT_NE(bad.error().why.find("gateway"), std::string::npos) << bad.error().why;
}

TEST_F(NetlinkTest, ChangesAreTakenBackInReverseWhenTheirOwnerGoes) {
  {
    auto ours = changes();
    const PolicyRule rule{.priority = 220, .table = 220, .mark = 9, .invert = true};
    ASSERT_TRUE(ours.add(InterfaceAddress{index_, ip("10.9.8.1"), 32}));
    ASSERT_TRUE(ours.add(Route{.destination = prefix("192.0.2.0", 24),
                               .interface = index_,
                               .table = 220,
                               .preferred_source = ip("10.9.8.1")}));
    ASSERT_TRUE(ours.add(rule));
    EXPECT_EQ(ours.size(), 3U);
    EXPECT_EQ(netlink_->route_to(ip("192.0.2.1"))->source, ip("10.9.8.1"));
  }
  EXPECT_FALSE(has_address("10.9.8.1"));
  EXPECT_FALSE(netlink_->route_to(ip("192.0.2.1")));
}

TEST_F(NetlinkTest, ChangesCountTheirUsesAndLeaveWhatWasThere) {
  const Route before{.destination = prefix("198.51.100.0", 24), .interface = index_};
  ASSERT_EQ(netlink_->add(before), true);
  auto ours = changes();
  const Route shared{.destination = prefix("192.0.2.0", 24), .interface = index_};
  ASSERT_TRUE(ours.add(before));
  ASSERT_TRUE(ours.add(shared));
  ASSERT_TRUE(ours.add(shared));
  ASSERT_TRUE(ours.remove(shared));
  EXPECT_TRUE(netlink_->route_to(ip("192.0.2.1")));
  ASSERT_TRUE(ours.remove(shared));
  EXPECT_FALSE(netlink_->route_to(ip("192.0.2.1")));
  ASSERT_TRUE(ours.remove(shared));
  ASSERT_TRUE(ours.remove_all());
  EXPECT_TRUE(netlink_->route_to(ip("198.51.100.1"))) << "it was there before us";
}

TEST_F(NetlinkTest, ChangesSurviveTheLossOfTheirInterface) {
  auto ours = changes();
  ASSERT_TRUE(ours.add(InterfaceAddress{index_, ip("10.9.8.1"), 32}));
  ASSERT_TRUE(ours.add(InterfaceAddress{index_, ip("fd09:8::1"), 128}));
  ASSERT_TRUE(ours.add(Route{.destination = prefix("192.0.2.0", 24), .interface = index_}));
  ASSERT_TRUE(ours.add(Route{.destination = prefix("2001:db8::", 32), .interface = index_}));
  tun_.reset();
  const auto removed = ours.remove_all();
  EXPECT_TRUE(removed) << removed.error().to_string();
  EXPECT_EQ(ours.size(), 0U);
}

TEST_F(NetlinkTest, KnowsWhichInterfacesCanSend) {
  EXPECT_TRUE(netlink_->running_links().value().contains(index_));
  ASSERT_TRUE(netlink_->configure(index_, {.up = false}));
  EXPECT_FALSE(netlink_->running_links().value().contains(index_));
  EXPECT_TRUE(has_address("10.9.0.1")) << "an interface that is down keeps its IPv4 addresses";
}

TEST_F(NetlinkTest, IsToldOnceOfChangesThatComeTogether) {
  EventLoop loop;
  auto watch = NetworkWatch::open();
  ASSERT_TRUE(watch) << watch.error().to_string();
  unsigned changes = 0;
  ASSERT_TRUE(watch->start(loop, [&] { ++changes; }));
  loop.run_until(monotonic_now() + milliseconds(100));
  EXPECT_EQ(changes, 0U);
  add_address(index_, "10.9.0.2", 24);
  ASSERT_TRUE(netlink_->configure(index_, {.up = false}));
  loop.run_until(monotonic_now() + milliseconds(200));
  EXPECT_EQ(changes, 1U);
}

}  // namespace
}  // namespace keypact::io
