#include "esp/tunnel_header.h"

#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using testing::checksum_is_right;
using testing::make_packet;

constexpr std::uint8_t kNotEct = 0, kEct1 = 1, kEct0 = 2, kCe = 3;

TEST(TunnelHeader, EncapsulatesEcnByFigure3OfRfc6040) {
  const HeaderHandling normal;
  HeaderHandling compatible;
  compatible.copy_ecn = false;
  for (const std::uint8_t inner : {kNotEct, kEct0, kEct1, kCe}) {
    EXPECT_EQ(outer_traffic_class(inner, normal), inner);
    EXPECT_EQ(outer_traffic_class(inner, compatible), kNotEct);
  }
}

TEST(TunnelHeader, DecapsulatesEcnByFigure4OfRfc6040) {
  struct Row {
    std::uint8_t inner;
    std::array<std::optional<std::uint8_t>, 4> outgoing;  // outer Not-ECT, ECT(0), ECT(1), CE
  };
  const Row rows[] = {
      {kNotEct, {kNotEct, kNotEct, kNotEct, std::nullopt}},
      {kEct0, {kEct0, kEct0, kEct1, kCe}},
      {kEct1, {kEct1, kEct1, kEct1, kCe}},
      {kCe, {kCe, kCe, kCe, kCe}},
  };
  constexpr std::uint8_t kColumns[] = {kNotEct, kEct0, kEct1, kCe};
  for (const auto& row : rows) {
    for (std::size_t column = 0; column < 4; ++column) {
      EXPECT_EQ(decapsulated_traffic_class(row.inner, kColumns[column], {}), row.outgoing[column])
          << int{row.inner} << ' ' << column;
    }
  }
}

TEST(TunnelHeader, LeavesTheInnerEcnAloneWhereItIsNotCopied) {
  HeaderHandling handling;
  handling.copy_ecn = false;
  for (const std::uint8_t inner : {kNotEct, kEct0, kEct1, kCe}) {
    for (const std::uint8_t outer : {kNotEct, kEct0, kEct1, kCe}) {
      EXPECT_EQ(decapsulated_traffic_class(inner, outer, handling), inner);
    }
  }
}

TEST(TunnelHeader, CopiesDscpOutwardsAndByChoiceInwards) {
  HeaderHandling handling;
  EXPECT_EQ(outer_traffic_class(0xb8, handling), 0xb8);
  EXPECT_EQ(decapsulated_traffic_class(0xb8, 0x28, handling), 0xb8);
  handling.copy_dscp_out = false;
  handling.copy_dscp_in = true;
  EXPECT_EQ(outer_traffic_class(0xb8 | kEct0, handling), kEct0);
  EXPECT_EQ(decapsulated_traffic_class(0xb8 | kEct0, 0x28 | kCe, handling), 0x28 | kCe);
}

TEST(TunnelHeader, WritesTheTrafficClassAndKeepsTheChecksumRight) {
  for (unsigned before = 0; before < 256; before += 5) {
    for (unsigned after = 0; after < 256; after += 3) {
      Octets packet = make_packet({.traffic_class = static_cast<std::uint8_t>(before)});
      set_traffic_class(packet, static_cast<std::uint8_t>(after));
      EXPECT_EQ(packet, make_packet({.traffic_class = static_cast<std::uint8_t>(after)}));
      Octets v6 = make_packet(
          {.source = "fd01::1", .destination = "fd02::1", .traffic_class = static_cast<std::uint8_t>(before)});
      set_traffic_class(v6, static_cast<std::uint8_t>(after));
      EXPECT_EQ(
          v6, make_packet(
                  {.source = "fd01::1", .destination = "fd02::1", .traffic_class = static_cast<std::uint8_t>(after)}));
    }
  }
  Octets wrong = make_packet({});
  wrong[10] ^= 1;
  set_traffic_class(wrong, 3);
  EXPECT_FALSE(checksum_is_right(wrong));
}

TEST(TunnelHeader, KnowsTheRoomOfTheOuterHeaders) {
  EXPECT_EQ(outer_header_octets(IpFamily::v4, false), 20U);
  EXPECT_EQ(outer_header_octets(IpFamily::v4, true), 28U);
  EXPECT_EQ(outer_header_octets(IpFamily::v6, false), 40U);
  EXPECT_EQ(outer_header_octets(IpFamily::v6, true), 48U);
}

TEST(Checksum, AgreesWithTheExampleOfRfc1071) {
  const auto words = from_hex("0001f203f4f5f6f7").value();
  EXPECT_EQ(checksum_finish(checksum_add(0, words)), 0x220d);  // the complement of ddf2
  EXPECT_EQ(checksum_finish(checksum_add(checksum_add(0, OctetView(words).first(4)), OctetView(words).subspan(4))),
            0x220d);
  EXPECT_EQ(checksum_finish(checksum_add(0, from_hex("ab").value())), 0xffff - 0xab00);
}

}  // namespace
}  // namespace keypact::esp
