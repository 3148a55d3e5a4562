#include "esp/packet_selectors.h"

#include "esp/inner_packet.h"
#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using testing::make_packet;
using testing::networks;
using testing::PacketShape;

PacketSelectors selectors_of(const PacketShape& shape) { return parse_inner(make_packet(shape)).value().selectors; }

PacketSelectors later_fragment(std::uint8_t protocol) {
  Octets packet = make_packet({.protocol = protocol});
  packet[7] = 100;
  return parse_inner(packet).value().selectors;
}

TrafficSelector with_ports(const char* network, std::uint8_t protocol, PortRange ports) {
  auto selector = networks({network}).front();
  selector.protocol = protocol;
  selector.ports = ports;
  return selector;
}

TEST(SelectorSet, CoversByAddressRangeOfTheSameFamily) {
  const SelectorSet set(networks({"10.1.0.0/16", "10.9.9.9/32", "fd01::/64"}));
  EXPECT_TRUE(set.covers_source_of(selectors_of({.source = "10.1.0.0"})));
  EXPECT_TRUE(set.covers_source_of(selectors_of({.source = "10.1.255.255"})));
  EXPECT_FALSE(set.covers_source_of(selectors_of({.source = "10.0.255.255"})));
  EXPECT_FALSE(set.covers_source_of(selectors_of({.source = "10.2.0.0"})));
  EXPECT_TRUE(set.covers_source_of(selectors_of({.source = "10.9.9.9"})));
  EXPECT_FALSE(set.covers_source_of(selectors_of({.source = "10.9.9.8"})));
  EXPECT_TRUE(set.covers_source_of(selectors_of({.source = "fd01::ffff:ffff:ffff:ffff", .destination = "fd02::1"})));
  EXPECT_FALSE(set.covers_source_of(selectors_of({.source = "fd01:0:0:1::", .destination = "fd02::1"})));
  // The number of ::a01:1 is that of 10.1.0.1.
  EXPECT_FALSE(set.covers_source_of(selectors_of({.source = "::a01:1", .destination = "fd02::1"})));
  EXPECT_FALSE(SelectorSet().covers_source_of(selectors_of({})));
}

TEST(SelectorSet, CoversByProtocolAndPorts) {
  const SelectorSet set({with_ports("10.1.0.0/16", 17, {1000, 1010}), with_ports("10.1.0.0/16", 47, PortRange::any())});
  EXPECT_TRUE(set.covers_source_of(selectors_of({.source_port = 1000})));
  EXPECT_TRUE(set.covers_source_of(selectors_of({.source_port = 1010})));
  EXPECT_FALSE(set.covers_source_of(selectors_of({.source_port = 999})));
  EXPECT_FALSE(set.covers_source_of(selectors_of({.source_port = 1011})));
  EXPECT_FALSE(set.covers_source_of(selectors_of({.protocol = 6, .source_port = 1000})));
  EXPECT_TRUE(set.covers_source_of(selectors_of({.protocol = 47})));
}

TEST(SelectorSet, J08_fragments_match_any_and_opaque_ports_only) {
  const auto covers = [](PortRange ports, const PacketSelectors& packet) {
    return SelectorSet({with_ports("10.1.0.0/16", 17, ports)}).covers_source_of(packet);
  };
  const auto fragment = later_fragment(17);
  const auto whole = selectors_of({});
  EXPECT_TRUE(covers(PortRange::any(), fragment));
  EXPECT_TRUE(covers(PortRange::opaque(), fragment));
  EXPECT_FALSE(covers(PortRange::single(1000), fragment));
  EXPECT_FALSE(covers({0, 65534}, fragment));
  EXPECT_TRUE(covers(PortRange::any(), whole));
  EXPECT_FALSE(covers(PortRange::opaque(), whole));
  EXPECT_TRUE(covers(PortRange::single(1000), whole));
  EXPECT_FALSE(covers(PortRange::any(), later_fragment(6)));
}

TEST(SelectorSet, AnUnknownProtocolMatchesAnyProtocolOnly) {
  PacketSelectors packet = selectors_of({});
  packet.protocol_known = false;
  EXPECT_FALSE(SelectorSet({with_ports("10.1.0.0/16", 17, PortRange::any())}).covers_source_of(packet));
  EXPECT_TRUE(SelectorSet(networks({"10.1.0.0/16"})).covers_source_of(packet));
}

TEST(SelectorPair, ComparesEachSideWithItsOwnEnd) {
  const SelectorPair pair{SelectorSet({with_ports("10.1.0.0/16", 6, PortRange::single(22))}),
                          SelectorSet(networks({"10.2.0.0/16"}))};
  const PacketShape answer{.protocol = 6, .source_port = 22, .destination_port = 40000};
  const PacketShape question{
      .source = "10.2.0.1", .destination = "10.1.0.1", .protocol = 6, .source_port = 40000, .destination_port = 22};
  EXPECT_TRUE(pair.covers_outbound(selectors_of(answer)));
  EXPECT_FALSE(pair.covers_inbound(selectors_of(answer)));
  EXPECT_TRUE(pair.covers_inbound(selectors_of(question)));
  EXPECT_FALSE(pair.covers_outbound(selectors_of(question)));
}

TEST(SelectorPair, ComparesIcmpTypesWithTheSendersSide) {
  // RFC 4301 §4.4.1.3 C: echo requests may be sent, and not received.
  const SelectorPair pair{SelectorSet({with_ports("10.1.0.0/16", 1, PortRange::single(0x0800))}),
                          SelectorSet({with_ports("10.2.0.0/16", 1, PortRange::opaque())})};
  const PacketShape request{.protocol = 1, .source_port = 0x0800};
  const PacketShape reply{.protocol = 1, .source_port = 0};
  EXPECT_TRUE(pair.covers_outbound(selectors_of(request)));
  EXPECT_FALSE(pair.covers_outbound(selectors_of(reply)));
  PacketShape from_there = request;
  std::swap(from_there.source, from_there.destination);
  EXPECT_FALSE(pair.covers_inbound(selectors_of(from_there)));
}

}  // namespace
}  // namespace keypact::esp
