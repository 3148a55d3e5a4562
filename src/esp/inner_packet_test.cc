#include "esp/inner_packet.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using testing::make_packet;
using testing::PacketShape;

DropReason refusal(OctetView packet) {
  const auto info = parse_inner(packet);
  EXPECT_FALSE(info.has_value());
  return info ? DropReason::dummy : info.error();
}

/// An IPv6 packet fd01::1 -> fd02::1 with these octets behind the fixed header.
Octets ipv6(std::uint8_t next_header, std::string_view hex, std::optional<std::size_t> length = std::nullopt) {
  Octets packet = make_packet({.source = "fd01::1", .destination = "fd02::1", .octets = 44});
  packet.resize(40);
  append(packet, from_hex(hex).value());
  const std::size_t payload = length.value_or(packet.size() - 40);
  packet[4] = static_cast<std::uint8_t>(payload >> 8);
  packet[5] = static_cast<std::uint8_t>(payload);
  packet[6] = next_header;
  return packet;
}

Octets ipv4_with_options(std::string_view hex) {
  Octets packet = make_packet({.octets = 60});
  const Octets options = from_hex(hex).value();
  packet.insert(packet.begin() + 20, options.begin(), options.end());
  packet[0] = static_cast<std::uint8_t>(0x40 + (20 + options.size()) / 4);
  packet[3] = static_cast<std::uint8_t>(packet.size());
  return packet;
}

TEST(InnerPacket, ReadsTheSelectorsOfIpv4AndIpv6) {
  const auto v4 = parse_inner(make_packet({.octets = 60, .dont_fragment = true, .traffic_class = 0xb9}));
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->selectors.source.low, 0x0a010001U);
  EXPECT_EQ(v4->selectors.destination.low, 0x0a020001U);
  EXPECT_EQ(v4->selectors.protocol, 17);
  EXPECT_EQ(v4->selectors.source_port, (PacketPort{PortKnowledge::known, 1000}));
  EXPECT_EQ(v4->selectors.destination_port, (PacketPort{PortKnowledge::known, 53}));
  EXPECT_EQ(v4->octets, 60U);
  EXPECT_EQ(v4->header_octets, 20U);
  EXPECT_EQ(v4->traffic_class, 0xb9);
  EXPECT_FALSE(v4->may_fragment);

  const auto v6 = parse_inner(make_packet(
      {.source = "fd01::1", .destination = "fd02::abcd", .protocol = 6, .octets = 80, .traffic_class = 0x5a}));
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->selectors.family, IpFamily::v6);
  EXPECT_EQ(v6->selectors.source, (AddressNumber{0xfd01'0000'0000'0000U, 1}));
  EXPECT_EQ(v6->selectors.destination, (AddressNumber{0xfd02'0000'0000'0000U, 0xabcd}));
  EXPECT_EQ(v6->selectors.protocol, 6);
  EXPECT_EQ(v6->selectors.destination_port, (PacketPort{PortKnowledge::known, 53}));
  EXPECT_EQ(v6->octets, 80U);
  EXPECT_EQ(v6->traffic_class, 0x5a);
  EXPECT_FALSE(v6->may_fragment);
}

TEST(InnerPacket, J08_refuses_versions_that_are_not_ip) {
  for (const unsigned version : {0U, 1U, 3U, 5U, 7U, 15U}) {
    Octets packet = make_packet({});
    packet[0] = static_cast<std::uint8_t>(version << 4 | 5);
    EXPECT_EQ(refusal(packet), DropReason::inner_version) << version;
  }
  EXPECT_EQ(refusal({}), DropReason::inner_length);
}

TEST(InnerPacket, J08_refuses_lengths_that_lie) {
  const Octets good = make_packet({.octets = 60});
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_EQ(refusal(OctetView(good).first(cut)), DropReason::inner_length) << cut;
  }
  Octets packet = good;
  packet[3] = 61;  // more than is there
  EXPECT_EQ(refusal(packet), DropReason::inner_length);
  packet[3] = 19;  // less than the header
  EXPECT_EQ(refusal(packet), DropReason::inner_length);
  packet = good;
  packet[0] = 0x44;  // a header of 16 octets
  EXPECT_EQ(refusal(packet), DropReason::inner_length);
  packet[0] = 0x4f;  // a header of 60 octets, no room for the ports
  EXPECT_NE(refusal(packet), DropReason::inner_version);

  const Octets v6 = make_packet({.source = "fd01::1", .destination = "fd02::1", .octets = 60});
  for (std::size_t cut = 1; cut < v6.size(); ++cut) {
    EXPECT_EQ(refusal(OctetView(v6).first(cut)), DropReason::inner_length) << cut;
  }
}

TEST(InnerPacket, ToleratesWhatStandsBehindThePacket) {
  Octets padded = make_packet({.octets = 60});
  padded.resize(600);
  const auto info = parse_inner(padded);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->octets, 60U);
}

TEST(InnerPacket, J08_looks_into_the_options_of_ipv4) {
  EXPECT_TRUE(parse_inner(ipv4_with_options("94040000")));  // router alert
  EXPECT_TRUE(parse_inner(ipv4_with_options("01010100")));  // no operation, end
  EXPECT_TRUE(parse_inner(ipv4_with_options("00ffffff")));  // nothing is read behind the end
  EXPECT_EQ(refusal(ipv4_with_options("83070409090909ff")), DropReason::inner_options);  // loose source route
  EXPECT_EQ(refusal(ipv4_with_options("0189070409090909")), DropReason::inner_options);  // strict source route
  EXPECT_EQ(refusal(ipv4_with_options("94000000")), DropReason::inner_options);          // an option of length 0
  EXPECT_EQ(refusal(ipv4_with_options("94010000")), DropReason::inner_options);
  EXPECT_EQ(refusal(ipv4_with_options("94050000")), DropReason::inner_options);  // beyond the header
  EXPECT_EQ(refusal(ipv4_with_options("01010194")), DropReason::inner_options);  // no length
}

TEST(InnerPacket, J08_fragments_of_ipv4_show_no_ports) {
  Octets packet = make_packet({.protocol = 6, .octets = 60});
  packet[6] = 0x20;  // the first of several
  auto info = parse_inner(packet);
  ASSERT_TRUE(info);
  EXPECT_TRUE(info->is_initial);
  EXPECT_EQ(info->selectors.source_port.knowledge, PortKnowledge::known);
  packet[7] = 2;  // a later one
  info = parse_inner(packet);
  ASSERT_TRUE(info);
  EXPECT_FALSE(info->is_initial);
  EXPECT_EQ(info->selectors.source_port.knowledge, PortKnowledge::opaque);
  EXPECT_EQ(info->selectors.destination_port.knowledge, PortKnowledge::opaque);
  packet[7] = 1;  // over the TCP flags of the first
  EXPECT_EQ(refusal(packet), DropReason::inner_fragment);
  packet[9] = 17;
  EXPECT_TRUE(parse_inner(packet));
}

TEST(InnerPacket, J08_a_first_fragment_has_its_ports) {
  for (const std::uint8_t protocol : std::initializer_list<std::uint8_t>{6, 17, 33, 132, 136}) {
    for (std::size_t payload = 0; payload < 4; ++payload) {
      Octets packet = make_packet({.protocol = protocol, .octets = 20 + payload});
      packet.resize(20 + payload);
      EXPECT_EQ(refusal(packet), DropReason::inner_fragment) << payload;
    }
  }
  EXPECT_TRUE(parse_inner(make_packet({.protocol = 47, .octets = 20})));
}

TEST(InnerPacket, ReadsTypeAndCodeOfIcmpAsTheSendersPort) {
  const auto info = parse_inner(make_packet({.protocol = 1, .source_port = 0x0800}));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->selectors.source_port, (PacketPort{PortKnowledge::known, 0x0800}));
  EXPECT_EQ(info->selectors.destination_port.knowledge, PortKnowledge::matches);
}

TEST(InnerPacket, WalksTheExtensionHeadersOfIpv6) {
  // hop-by-hop, destination options, routing type 2, destination options of 16 octets, then UDP 4500 -> 53
  const auto info = parse_inner(ipv6(0,
                                     "3c00 010400000000"
                                     "2b00 010400000000"
                                     "3c02 0201 00000000 fd020000000000000000000000000001"
                                     "1101 010c000000000000000000000000"
                                     "11940035 00080000"));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->selectors.protocol, 17);
  EXPECT_EQ(info->selectors.source_port, (PacketPort{PortKnowledge::known, 4500}));
  // RFC 4301 §4.4.1.1: AH is a next layer.
  const auto ah = parse_inner(ipv6(51, "1104000000000100000001"));
  ASSERT_TRUE(ah);
  EXPECT_EQ(ah->selectors.protocol, 51);
  const auto mobility = parse_inner(ipv6(135, "3b00050000000000"));
  ASSERT_TRUE(mobility);
  EXPECT_EQ(mobility->selectors.source_port, (PacketPort{PortKnowledge::known, 0x0500}));
  const auto none = parse_inner(ipv6(59, ""));
  ASSERT_TRUE(none);
  EXPECT_EQ(none->selectors.protocol, 59);
}

TEST(InnerPacket, J08_refuses_extension_headers_that_are_wrong) {
  constexpr auto kRefused = DropReason::inner_extension_headers;
  EXPECT_EQ(refusal(ipv6(0, "", 0)), kRefused);                 // a jumbogram's payload length
  EXPECT_EQ(refusal(ipv6(0, "1100 0104000000")), kRefused);     // cut short
  EXPECT_EQ(refusal(ipv6(60, "11ff 010400000000")), kRefused);  // longer than the packet
  EXPECT_EQ(refusal(ipv6(60, "0000 010400000000 1100 010400000000 0035003500080000")), kRefused);  // hop-by-hop later
  EXPECT_EQ(refusal(ipv6(43, "1100 000100000000 0035003500080000")), kRefused);  // RFC 5095: routing type 0
  EXPECT_EQ(refusal(ipv6(43, "1100 040100000000 0035003500080000")), kRefused);  // segments left
  EXPECT_TRUE(parse_inner(ipv6(43, "1100 040000000000 0035003500080000")));
  EXPECT_EQ(refusal(ipv6(44, "1100000000")), kRefused);
  std::string many;
  for (int i = 0; i < kExtensionHeaders; ++i)
    many += i + 1 < kExtensionHeaders ? "3c00010400000000" : "1100010400000000";
  EXPECT_TRUE(parse_inner(ipv6(60, many + "0035003500080000")));
  EXPECT_EQ(refusal(ipv6(60, "3c00010400000000" + many + "0035003500080000")), kRefused);
  EXPECT_EQ(refusal(ipv6(17, "003500")), DropReason::inner_fragment);
}

TEST(InnerPacket, J08_fragments_of_ipv6_tell_the_protocol_only_at_once) {
  const auto first = parse_inner(ipv6(44, "1100 0001 12345678 0035003500080000"));
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->is_initial);
  EXPECT_EQ(first->selectors.source_port.knowledge, PortKnowledge::known);
  const auto later = parse_inner(ipv6(44, "1100 0008 12345678 0035003500080000"));
  ASSERT_TRUE(later);
  EXPECT_FALSE(later->is_initial);
  EXPECT_TRUE(later->selectors.protocol_known);
  EXPECT_EQ(later->selectors.protocol, 17);
  EXPECT_EQ(later->selectors.source_port.knowledge, PortKnowledge::opaque);
  const auto hidden = parse_inner(ipv6(44, "3c00 0008 12345678 1100010400000000"));
  ASSERT_TRUE(hidden);
  EXPECT_FALSE(hidden->selectors.protocol_known);
  EXPECT_EQ(refusal(ipv6(44, "1100 0001 12345678 0035")), DropReason::inner_fragment);
}

RC_GTEST_PROP(InnerPacket, AnyOctetsAreReadOrRefused, (const Octets& junk)) {
  for (const std::uint8_t version : std::initializer_list<std::uint8_t>{0x45, 0x4f, 0x60}) {
    Octets packet = junk;
    packet.resize(packet.size() + 40, 1);
    packet[0] = version;
    packet[2] = 0;
    packet[3] = static_cast<std::uint8_t>(packet.size());
    packet[4] = 0;
    packet[5] = static_cast<std::uint8_t>(packet.size() - 40);
    const auto info = parse_inner(packet);
    if (info) RC_ASSERT(info->octets <= packet.size() && info->header_octets <= info->octets);
  }
}

}  // namespace
}  // namespace keypact::esp
