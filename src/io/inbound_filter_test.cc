#include "io/inbound_filter.h"

#include <netinet/in.h>

#include <cstdlib>

#include "io/test_network.h"
#include "io/tun_device.h"
#include "io/udp_socket.h"

namespace keypact::io {
namespace {

constexpr std::uint32_t kMark = 0x4b50;

/// An interface "kpwire" that packets in clear come by, and one "kptun" that protected ones come by; 10.1.0.1 and fd01::1 are ours.
class InboundFilterTest : public InNetworkNamespace {
 protected:
  void SetUp() override {
    InNetworkNamespace::SetUp();
    wire_ = bring_up("kpwire");
    tunnel_ = bring_up("kptun");
    const auto index = interface("kpwire");
    add_address(index, "10.1.0.1", 24);
    add_address(index, "fd01::1", 64);
    for (const char* there : {"10.2.0.0", "fd02::"})
      ASSERT_TRUE(netlink_->add(Route{.destination = prefix(there, ip(there).is_v4() ? 16 : 32), .interface = index}));
    // What comes by the other interface has its way back by the first.
    ASSERT_EQ(std::system("for i in all kpwire kptun; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done"), 0);
  }
  void TearDown() override {
    wire_.reset();
    tunnel_.reset();
    InNetworkNamespace::TearDown();
  }
  std::unique_ptr<TunDevice> bring_up(const char* name) {
    auto created = TunDevice::create(name);
    EXPECT_TRUE(created);
    EXPECT_TRUE(netlink_->configure(interface(name), {.up = true, .automatic_ipv6_address = false}));
    return std::make_unique<TunDevice>(std::move(*created));
  }
  static InboundFilter filter(const char* tunnel = "kptun") {
    return InboundFilter({.tunnel = tunnel, .own_ports = {500}, .mark = kMark});
  }
  static std::vector<TrafficSelector> network(const char* address, std::uint8_t protocol = kAnyProtocol,
                                              PortRange ports = PortRange::any()) {
    auto selector = TrafficSelector::of(prefix(address, ip(address).is_v4() ? 16 : 32));
    selector.protocol = protocol;
    selector.ports = ports;
    return {selector};
  }
  static std::vector<FilterPolicy> protect(const char* local = "10.1.0.0", const char* remote = "10.2.0.0") {
    return {{PolicyAction::protect, network(local), network(remote)}};
  }

  /// Does a UDP datagram that comes by that interface reach a socket of ours?
  bool arrives(TunDevice& by, const char* source, const char* destination, std::uint16_t port = 9000,
               std::uint16_t source_port = 1234) {
    const auto family = ip(destination).family();
    auto socket = UdpSocket::open({.bind = {IpAddress::unspecified(family), port}});
    EXPECT_TRUE(socket) << socket.error().to_string();
    const Octets packet = datagram(ip(source), ip(destination), source_port, port);
    const OctetView view(packet);
    (void)by.write(std::span(&view, 1));
    return becomes_readable(socket->fd(), 50);
  }
  static std::uint16_t checksum(OctetView octets, std::uint32_t sum = 0) {
    for (std::size_t i = 0; i + 1 < octets.size(); i += 2)
      sum += static_cast<std::uint32_t>(octets[i] << 8 | octets[i + 1]);
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
  }
  static void put16(Octets& out, std::size_t at, std::uint16_t value) {
    out[at] = static_cast<std::uint8_t>(value >> 8);
    out[at + 1] = static_cast<std::uint8_t>(value & 0xff);
  }
  static Octets datagram(const IpAddress& source, const IpAddress& destination, std::uint16_t from, std::uint16_t to) {
    const bool v4 = source.is_v4();
    const std::size_t header = v4 ? 20 : 40;
    Octets packet(header + 8);
    packet[0] = v4 ? 0x45 : 0x60;
    packet[v4 ? 9 : 6] = IPPROTO_UDP;
    packet[v4 ? 8 : 7] = 64;
    put16(packet, v4 ? 2 : 4, v4 ? 28 : 8);
    std::ranges::copy(source.octets(), packet.begin() + (v4 ? 12 : 8));
    std::ranges::copy(destination.octets(), packet.begin() + (v4 ? 16 : 24));
    if (v4) put16(packet, 10, checksum(OctetView(packet).first(20)));
    put16(packet, header, from);
    put16(packet, header + 2, to);
    put16(packet, header + 4, 8);
    const std::size_t addresses = v4 ? 12 : 8;
    put16(packet, header + 6, checksum(OctetView(packet).subspan(addresses), IPPROTO_UDP + 8));
    return packet;
  }

  std::unique_ptr<TunDevice> wire_;
  std::unique_ptr<TunDevice> tunnel_;
};

TEST_F(InboundFilterTest, WhatAPolicyWantsProtectedComesByTheTunnelOrNotAtAll) {
  for (const auto& [ours, theirs, stranger] :
       {std::tuple{"10.1.0.1", "10.2.0.7", "10.1.0.9"}, {"fd01::1", "fd02::7", "fd01::9"}}) {
    ASSERT_TRUE(arrives(*wire_, theirs, ours)) << "without a filter";
    auto filtered = filter();
    const auto done =
        filtered.replace(protect(ip(ours).is_v4() ? "10.1.0.0" : "fd01::", ip(ours).is_v4() ? "10.2.0.0" : "fd02::"));
    ASSERT_TRUE(done) << done.error().to_string();
    EXPECT_FALSE(arrives(*wire_, theirs, ours));
    EXPECT_TRUE(arrives(*tunnel_, theirs, ours));
    EXPECT_TRUE(arrives(*wire_, stranger, ours)) << "no policy";
    EXPECT_TRUE(arrives(*wire_, theirs, ours, 500)) << "IKE";
    ASSERT_TRUE(filtered.replace({}));
    EXPECT_TRUE(arrives(*wire_, theirs, ours)) << "no policy any more";
  }
}

TEST_F(InboundFilterTest, TheFirstPolicyThatMatchesDecides) {
  auto filtered = filter();
  auto policies = protect();
  policies.insert(policies.begin(),
                  {PolicyAction::bypass, network("10.1.0.0"), network("10.2.0.0", IPPROTO_UDP, {1000, 1999})});
  ASSERT_TRUE(filtered.replace(policies));
  EXPECT_TRUE(arrives(*wire_, "10.2.0.7", "10.1.0.1", 9000, 1000));
  EXPECT_TRUE(arrives(*wire_, "10.2.0.7", "10.1.0.1", 9000, 1999));
  EXPECT_FALSE(arrives(*wire_, "10.2.0.7", "10.1.0.1", 9000, 2000));
  EXPECT_FALSE(arrives(*wire_, "10.2.0.7", "10.1.0.1", 9000, 999));
}

TEST_F(InboundFilterTest, ProtocolPortsAndRangesAreCompared) {
  auto filtered = filter();
  auto remote = network("10.2.0.0");
  remote[0].first = ip("10.2.0.5");
  remote[0].last = ip("10.2.1.4");
  ASSERT_TRUE(
      filtered.replace({{PolicyAction::discard, network("10.1.0.0", IPPROTO_UDP, PortRange::single(9000)), remote},
                        {PolicyAction::protect, network("10.1.0.0", IPPROTO_TCP), network("10.2.0.0")}}));
  EXPECT_FALSE(arrives(*wire_, "10.2.0.5", "10.1.0.1"));
  EXPECT_FALSE(arrives(*wire_, "10.2.1.4", "10.1.0.1"));
  EXPECT_TRUE(arrives(*wire_, "10.2.0.4", "10.1.0.1"));
  EXPECT_TRUE(arrives(*wire_, "10.2.1.5", "10.1.0.1"));
  EXPECT_TRUE(arrives(*wire_, "10.2.0.5", "10.1.0.1", 9001));
}

TEST_F(InboundFilterTest, EverythingIsARangeToo) {
  auto filtered = filter();
  for (const auto family : {IpFamily::v4, IpFamily::v6}) {
    const std::vector<TrafficSelector> all{TrafficSelector::all(family)};
    ASSERT_TRUE(filtered.replace({{PolicyAction::protect, all, all}}));
    EXPECT_FALSE(arrives(*wire_, family == IpFamily::v4 ? "10.2.0.7" : "fd02::7",
                         family == IpFamily::v4 ? "10.1.0.1" : "fd01::1"));
  }
  EXPECT_TRUE(arrives(*wire_, "10.2.0.7", "10.1.0.1")) << "the policy is one of IPv6 now";
}

TEST_F(InboundFilterTest, TwoOfThemKeepApart) {
  auto first = filter();
  ASSERT_TRUE(first.replace(protect("10.1.0.0", "10.2.0.0")));
  {
    InboundFilter second({.tunnel = "kpother", .own_ports = {1500}, .mark = kMark});
    ASSERT_TRUE(second.replace(protect("fd01::", "fd02::")));
    EXPECT_TRUE(arrives(*wire_, "10.2.0.7", "10.1.0.1", 1500)) << "IKE of the other one";
    EXPECT_FALSE(arrives(*wire_, "10.2.0.7", "10.1.0.1"));
    EXPECT_FALSE(arrives(*wire_, "fd02::7", "fd01::1"));
  }
  EXPECT_TRUE(arrives(*wire_, "fd02::7", "fd01::1"));
  EXPECT_FALSE(arrives(*wire_, "10.2.0.7", "10.1.0.1"));
  EXPECT_FALSE(arrives(*wire_, "10.2.0.7", "10.1.0.1", 1500));
}

TEST_F(InboundFilterTest, ManyPoliciesGoInOneTransaction) {
  std::vector<FilterPolicy> many;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const auto remote = prefix_of(IpAddress::v4(0x0b000000 + (i << 8)), 24);
    many.push_back({PolicyAction::protect, network("10.1.0.0"), {TrafficSelector::of(remote)}});
  }
  many.push_back(protect().front());
  auto filtered = filter();
  const auto done = filtered.replace(many);
  ASSERT_TRUE(done) << done.error().to_string();
  EXPECT_FALSE(arrives(*wire_, "10.2.0.7", "10.1.0.1"));
}

}  // namespace
}  // namespace keypact::io
