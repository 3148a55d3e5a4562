#include "esp/packet_too_big.h"

#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using testing::checksum_is_right;
using testing::make_packet;
using testing::PacketShape;

Octets error_about(const Octets& packet, std::size_t mtu) {
  Octets out(kPacketTooBigOctets);
  out.resize(packet_too_big(packet, parse_inner(packet).value(), mtu, out));
  return out;
}

TEST(PacketTooBig, TellsTheMtuToAnIpv4Sender) {
  const Octets packet = make_packet({.octets = 1500, .dont_fragment = true});
  const Octets error = error_about(packet, 1400);
  ASSERT_EQ(error.size(), 576U);
  EXPECT_TRUE(checksum_is_right(error));
  const auto info = parse_inner(error);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->octets, 576U);
  EXPECT_EQ(info->selectors.protocol, 1);
  EXPECT_EQ(info->selectors.source.low, 0x0a020001U);  // the packet's destination
  EXPECT_EQ(info->selectors.destination.low, 0x0a010001U);
  EXPECT_EQ(info->selectors.source_port.value, 0x0304);
  EXPECT_EQ(checksum_finish(checksum_add(0, OctetView(error).subspan(20))), 0);
  EXPECT_EQ(to_hex(OctetView(error).subspan(24, 4)), "00000578");
  EXPECT_EQ(to_octets(OctetView(error).subspan(28)), to_octets(OctetView(packet).first(548)));
}

TEST(PacketTooBig, TellsTheMtuToAnIpv6Sender) {
  const Octets packet = make_packet({.source = "fd01::1", .destination = "fd02::1", .octets = 1500});
  const Octets error = error_about(packet, 1400);
  ASSERT_EQ(error.size(), 1280U);
  const auto info = parse_inner(error);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->octets, 1280U);
  EXPECT_EQ(info->selectors.protocol, 58);
  EXPECT_EQ(info->selectors.source, (AddressNumber{0xfd02'0000'0000'0000U, 1}));
  EXPECT_EQ(info->selectors.source_port.value, 0x0200);
  EXPECT_EQ(to_hex(OctetView(error).subspan(44, 4)), "00000578");
  std::uint32_t sum = checksum_add(1240 + 58, OctetView(error).subspan(8, 32));
  EXPECT_EQ(checksum_finish(checksum_add(sum, OctetView(error).subspan(40))), 0);
  EXPECT_EQ(to_octets(OctetView(error).subspan(48)), to_octets(OctetView(packet).first(1232)));
  EXPECT_EQ(to_hex(OctetView(error_about(packet, 1000)).subspan(44, 4)), "00000500");  // no IPv6 link has less
}

TEST(PacketTooBig, QuotesSmallPacketsWhole) {
  const Octets error = error_about(make_packet({.octets = 300, .dont_fragment = true}), 200);
  EXPECT_EQ(error.size(), 328U);
}

TEST(PacketTooBig, IsNotSentAboutErrorsFragmentsAndAddressesOfMany) {
  const auto is_silent = [](const PacketShape& shape) { return error_about(make_packet(shape), 1000).empty(); };
  for (const unsigned type : {3U, 4U, 5U, 11U, 12U}) {
    EXPECT_TRUE(is_silent({.protocol = 1, .source_port = static_cast<std::uint16_t>(type << 8)})) << type;
  }
  EXPECT_FALSE(is_silent({.protocol = 1, .source_port = 0x0800}));
  EXPECT_TRUE(is_silent({.source = "fd01::1", .destination = "fd02::1", .protocol = 58, .source_port = 0x0100}));
  EXPECT_FALSE(is_silent({.source = "fd01::1", .destination = "fd02::1", .protocol = 58, .source_port = 0x8000}));
  for (const char* many : {"224.0.0.1", "255.255.255.255", "127.0.0.1", "0.0.0.0", "240.0.0.1"}) {
    EXPECT_TRUE(is_silent({.destination = many})) << many;
    EXPECT_TRUE(is_silent({.source = many})) << many;
  }
  for (const char* many : {"ff02::1", "::", "::1"}) {
    EXPECT_TRUE(is_silent({.source = "fd01::1", .destination = many})) << many;
    EXPECT_TRUE(is_silent({.source = many, .destination = "fd01::1"})) << many;
  }
  Octets later = make_packet({.octets = 1500});
  later[7] = 100;
  EXPECT_TRUE(error_about(later, 1000).empty());
}

}  // namespace
}  // namespace keypact::esp
