// What the kernel compares packets with, and what it does with the headers of those that it carries (daemon/test_kernel.h says where
// these tests run).
#include "daemon/test_kernel.h"

namespace keypact::daemon {
namespace {

using xfrm::PortMatch;
using xfrm::Selector;

constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kIcmp6 = 58, kSctp = 132;

TrafficSelector with(TrafficSelector selector, std::uint8_t protocol, PortRange ports = PortRange::any()) {
  selector.protocol = protocol;
  selector.ports = ports;
  return selector;
}

constexpr PortMatch exactly(std::uint16_t port) { return {port, 0xffff}; }

struct SelectorRow {
  std::uint8_t protocol;
  PortRange local;
  PortRange remote;
  // Of what goes out, and of what comes in: what the kernel compares with the source, and with the destination.
  PortMatch out_source, out_destination, in_source, in_destination;
};
constexpr SelectorRow kSelectors[] = {
    {kTcp, {}, {80, 80}, {}, exactly(80), exactly(80), {}},
    {kUdp, {5000, 5000}, {40000, 40003}, exactly(5000), {40000, 0xfffc}, {40000, 0xfffc}, exactly(5000)},
    {kSctp, {}, {}, {}, {}, {}, {}},
    {kSctp, {36412, 36412}, {}, exactly(36412), {}, {}, exactly(36412)},
    // RFC 4301 §4.4.1.3: of ICMP each side says what it sends: requests go out, replies come in.
    {kIcmp, {8 << 8, 8 << 8 | 255}, {0, 255}, exactly(8), {}, exactly(0), {}},
    {kIcmp, {3 << 8 | 4, 3 << 8 | 4}, {}, exactly(3), exactly(4), {}, {}},
};

TEST_F(KernelStack, ProtocolsPortsAndTypesAreReadBackAsTheyWereGiven) {
  for (const auto& row : kSelectors) {
    auto sa = child_sa(1);
    sa.local_selectors = {with(net("10.1.0.0", 24), row.protocol, row.local)};
    sa.remote_selectors = {with(net("10.2.0.0", 24), row.protocol, row.remote)};
    SCOPED_TRACE(to_string(sa.local_selectors) + " to " + to_string(sa.remote_selectors));
    ASSERT_TRUE(install(std::move(sa)));
    const auto local = prefix_of(ip("10.1.0.0"), 24);
    const auto remote = prefix_of(ip("10.2.0.0"), 24);
    const auto found = policies();
    EXPECT_EQ(found.size(), 3u);
    for (const auto& report : found) {
      const Selector expected = report.key.direction == xfrm::Direction::out
                                    ? Selector{local, remote, row.protocol, row.out_source, row.out_destination}
                                    : Selector{remote, local, row.protocol, row.in_source, row.in_destination};
      EXPECT_EQ(report.key.selector, expected);
    }
    EXPECT_TRUE(spd_->drift().empty());
    for (const auto& report : states())
      EXPECT_EQ(report.state.selector, std::nullopt) << "in tunnel mode policies do it";
    spd_->detach(ChildSaId{1});
    EXPECT_TRUE(spd_->flush().empty());
    sad_->remove(ChildSaId{1});
    EXPECT_TRUE(policies().empty());
  }
}

TEST_F(KernelStack, ARangeOfPortsThatIsNoMaskBecomesSeveralPolicies) {
  auto sa = child_sa(1);
  sa.local_selectors = {with(net("10.1.0.0", 24), kUdp)};
  sa.remote_selectors = {with(net("10.2.0.0", 24), kUdp, {1000, 2000})};
  ASSERT_TRUE(install(std::move(sa)));
  const auto found = policies();
  for (const int port : {999, 1000, 1024, 1999, 2000, 2001}) {
    const auto matching = std::ranges::count_if(found, [&](const auto& report) {
      const auto& [value, mask] = report.key.selector.destination_port;
      return report.key.direction == xfrm::Direction::out && ((port ^ value) & mask) == 0;
    });
    EXPECT_EQ(matching, 1000 <= port && port <= 2000 ? 1 : 0) << port;
  }
  spd_->detach(ChildSaId{1});
  EXPECT_TRUE(spd_->flush().empty());
  EXPECT_TRUE(policies().empty());
}

TEST_F(KernelStack, WhatTheKernelCannotCompareIsRefusedInASentence) {
  auto sa = child_sa(1);
  sa.local_selectors = {with(net("10.1.0.0", 24), kTcp, PortRange::opaque())};
  const auto opaque = install(std::move(sa));
  ASSERT_FALSE(opaque);
  EXPECT_EQ(opaque.error(), "the kernel has no OPAQUE ports");
  auto many = child_sa(2);
  many.local_selectors = {with(net("10.1.0.0", 24), kTcp, {1, 65534})};
  many.remote_selectors = {with({ip("10.2.0.1"), ip("10.2.0.254"), kAnyProtocol, PortRange::any()}, kTcp, {1, 65534})};
  const auto refused = install(std::move(many));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), "the traffic selectors make more than 1024 policies of the kernel");
  EXPECT_TRUE(policies().empty());
}

TEST_F(KernelStack, InTransportModeTheSaItselfComparesWhatItCarries) {
  for (const bool v6 : {false, true}) {
    auto sa = child_sa(1);
    sa.mode = Mode::transport;
    if (v6) {
      sa.local.address = ip("2001:db8::1");
      sa.remote.address = ip("2001:db8::2");
    }
    const auto protocol = v6 ? kIcmp6 : kSctp;
    sa.local_selectors = {with(TrafficSelector::of(sa.local.address), protocol)};
    sa.remote_selectors = {with(TrafficSelector::of(sa.remote.address), protocol, {128 << 8, 128 << 8 | 255})};
    const Prefix local{sa.local.address, v6 ? 128 : 32};
    const Prefix remote{sa.remote.address, v6 ? 128 : 32};
    const auto inbound_spi = sa.inbound_spi;
    const auto outbound_spi = sa.outbound_spi;
    if (!v6) sa.remote_selectors[0].ports = PortRange::single(36412);
    ASSERT_TRUE(install(std::move(sa)));
    const auto all = states();
    const auto* inbound = find(all, inbound_spi);
    const auto* outbound = find(all, outbound_spi);
    ASSERT_TRUE(inbound != nullptr && outbound != nullptr);
    const auto in = v6 ? Selector{remote, local, protocol, exactly(128), {}}
                       : Selector{remote, local, protocol, exactly(36412), {}};
    const auto out =
        v6 ? Selector{local, remote, protocol, {}, {}} : Selector{local, remote, protocol, {}, exactly(36412)};
    EXPECT_EQ(inbound->state.selector, in);
    EXPECT_EQ(outbound->state.selector, out);
    spd_->detach(ChildSaId{1});
    EXPECT_TRUE(spd_->flush().empty());
    sad_->remove(ChildSaId{1});
  }
}

TEST_F(KernelStack, WhatIsDoneWithHeadersIsReadBackAsItWasGiven) {
  for (unsigned bits = 0; bits < 16; ++bits) {
    auto sa = child_sa(bits + 1);
    sa.headers = {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
    const auto headers = sa.headers;
    const auto inbound_spi = sa.inbound_spi;
    const auto outbound_spi = sa.outbound_spi;
    ASSERT_TRUE(sad_->add(std::move(sa), 7));
    const auto all = states();
    EXPECT_EQ(find(all, inbound_spi)->state.headers, headers) << bits;
    EXPECT_EQ(find(all, outbound_spi)->state.headers, headers) << bits;
  }
}

}  // namespace
}  // namespace keypact::daemon
