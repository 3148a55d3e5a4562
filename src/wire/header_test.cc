#include "wire/header.h"

#include "wire/test_support.h"

namespace keypact::wire {
namespace {

// The IKE header of the example message of RFC 7634 §B.
constexpr std::string_view kRfc7634 = "c0c1c2c3c4c5c6c7 d0d1d2d3d4d5d6d7 2e202500 00000009 00000045";

Octets datagram(std::string_view header, std::size_t octets) {
  auto whole = hex(header);
  whole.resize(octets);
  return whole;
}

TEST(Header, ReadsThePublishedExample) {
  const auto header = parse_header(datagram(kRfc7634, 0x45));
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->initiator_spi.value, 0xc0c1c2c3c4c5c6c7u);
  EXPECT_EQ(header->responder_spi.value, 0xd0d1d2d3d4d5d6d7u);
  EXPECT_EQ(header->next_payload, PayloadType::SK);
  EXPECT_EQ(header->major_version, 2);
  EXPECT_EQ(header->minor_version, 0);
  EXPECT_EQ(header->exchange, ExchangeType::INFORMATIONAL);
  EXPECT_FALSE(header->initiator || header->version || header->response);
  EXPECT_EQ(header->message_id, 9u);
  EXPECT_EQ(header->length, 0x45u);
}

TEST(Header, ComesBackFromEveryFlagsOctet) {
  auto octets = datagram(kRfc7634, 0x45);
  for (int flags = 0; flags < 256; ++flags) {
    octets[19] = static_cast<std::uint8_t>(flags);
    const auto header = parse_header(octets);
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(header->initiator, (flags & 8) != 0);
    EXPECT_EQ(header->version, (flags & 16) != 0);
    EXPECT_EQ(header->response, (flags & 32) != 0);
    Writer out;
    encode_header(out, *header);
    EXPECT_TRUE(same_octets(out.view(), OctetView(octets).first(kHeaderOctets)));
  }
}

TEST(Header, A03_length_field_that_is_not_the_datagrams) {
  for (const std::uint32_t length : {0u, 1u, 27u, 0x44u, 0x46u, 0x7fffffffu, 0x80000000u, 0xfffffffeu, 0xffffffffu}) {
    auto octets = datagram(kRfc7634, 0x45);
    for (unsigned i = 0; i < 4; ++i) octets[24 + i] = static_cast<std::uint8_t>(length >> (8 * (3 - i)));
    const auto header = parse_header(octets);
    ASSERT_FALSE(header.has_value()) << length;
    EXPECT_EQ(header.error().code, ParseErrorCode::header_length_differs_from_datagram);
    EXPECT_EQ(header.error().offset, 24u);
  }
}

TEST(Header, A04_datagrams_of_0_to_27_octets) {
  const auto whole = hex(kRfc7634);
  for (std::size_t size = 0; size < kHeaderOctets; ++size) {
    const auto header = parse_header(OctetView(whole).first(size));
    ASSERT_FALSE(header.has_value());
    EXPECT_EQ(header.error().code, ParseErrorCode::datagram_shorter_than_header);
    EXPECT_EQ(parse_message(OctetView(whole).first(size)).error().code, ParseErrorCode::datagram_shorter_than_header);
  }
}

TEST(Header, LeavesTheMajorVersionToTheCaller) {
  auto octets = datagram(kRfc7634, 0x45);
  octets[17] = 0x1f;
  const auto header = parse_header(octets);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->major_version, 1);
  EXPECT_EQ(header->minor_version, 15);
}

}  // namespace
}  // namespace keypact::wire
