#include <gtest/gtest.h>

#include "base/ip_address.h"
#include "base/reader.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/writer.h"

namespace keypact {
namespace {

TEST(Reader, ReadsIntegersInNetworkByteOrder) {
  const Octets octets = *from_hex("01 0203 04050607 08090a0b0c0d0e0f");
  Reader reader(octets);
  EXPECT_EQ(reader.u8(), 0x01);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607u);
  EXPECT_EQ(reader.u64(), 0x08090a0b0c0d0e0full);
  EXPECT_TRUE(reader.finish());
}

TEST(Reader, RefusesALengthBeyondTheEndAndStaysWhereItWas) {
  const Octets octets = {1, 2, 3};
  Reader reader(octets);
  EXPECT_FALSE(reader.u32().has_value());
  EXPECT_FALSE(reader.octets(4).has_value());
  EXPECT_FALSE(reader.octets(SIZE_MAX).has_value());
  EXPECT_EQ(reader.remaining(), 3u);
  EXPECT_FALSE(reader.finish());
}

TEST(Writer, CountsItsOwnHeaderInALengthField) {
  Writer writer;
  writer.u8(0x21);
  writer.u8(0);
  writer.length_prefixed(2, 4, [](Writer& body) { body.u32(7); });
  EXPECT_EQ(to_hex(writer.view()), "2100000800000007");
}

TEST(Secret, IsEmptyAfterItWasMoved) {
  Secret secret = Secret::copy_of(Octets{1, 2, 3});
  const Secret moved = std::move(secret);
  EXPECT_TRUE(secret.empty());  // NOLINT: the state after the move is what is tested
  EXPECT_TRUE(secret_equal(moved.reveal(), Octets{1, 2, 3}));
  EXPECT_FALSE(secret_equal(moved.reveal(), Octets{1, 2, 4}));
  EXPECT_FALSE(secret_equal(moved.reveal(), Octets{1, 2}));
}

TEST(Hex, RefusesHalfOctetsAndOtherCharacters) {
  EXPECT_FALSE(from_hex("0").has_value());
  EXPECT_FALSE(from_hex("0g").has_value());
  EXPECT_EQ(to_hex(*from_hex("00 fF")), "00ff");
}

TEST(IpAddress, ReadsAndWritesTheTextFormsOfRfc5952) {
  const std::pair<const char*, const char*> cases[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"::", "::"},
      {"::1", "::1"},
      {"2001:db8::", "2001:db8::"},
      {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"::ffff:192.0.2.1", "::ffff:c000:201"},
      {"fe80:0:0:0:1:2:3:4", "fe80::1:2:3:4"},
  };
  for (const auto& [text, canonical] : cases) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(address->to_string(), canonical);
  }
}

TEST(IpAddress, RefusesTextThatIsNoAddress) {
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", ":", ":::", "1::2::3",
                           "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "1:2:3:4:5:6:7::8:9", "a.b.c.d"})
    EXPECT_FALSE(IpAddress::parse(text).has_value()) << text;
}

TEST(Prefix, KnowsItsEndsAndItsMembers) {
  const auto prefix = prefix_of(*IpAddress::parse("10.1.2.3"), 16);
  EXPECT_EQ(prefix.to_string(), "10.1.0.0/16");
  EXPECT_EQ(prefix.last().to_string(), "10.1.255.255");
  EXPECT_TRUE(prefix.contains(*IpAddress::parse("10.1.9.9")));
  EXPECT_FALSE(prefix.contains(*IpAddress::parse("10.2.0.0")));
  EXPECT_FALSE(prefix.contains(*IpAddress::parse("::")));
}

TEST(Prefix, CoversARangeWithTheFewestBlocks) {
  const auto blocks = prefixes_covering(*IpAddress::parse("10.0.0.1"), *IpAddress::parse("10.0.0.8"));
  std::string text;
  for (const auto& block : blocks) text += block.to_string() + " ";
  EXPECT_EQ(text, "10.0.0.1/32 10.0.0.2/31 10.0.0.4/30 10.0.0.8/32 ");
  EXPECT_EQ(prefixes_covering(IpAddress::unspecified(IpFamily::v6), IpAddress::highest(IpFamily::v6)).size(), 1u);
  EXPECT_EQ(prefix_from_range(*IpAddress::parse("10.0.0.0"), *IpAddress::parse("10.0.0.255"))->length, 24);
  EXPECT_FALSE(prefix_from_range(*IpAddress::parse("10.0.0.1"), *IpAddress::parse("10.0.0.255")).has_value());
}

Result<int> half(int value) {
  if (value % 2 != 0) return failure(Error{"cannot halve", "odd number", ""});
  return value / 2;
}
Result<int> quarter(int value) {
  TRY(const int once, half(value));
  return half(once);
}

TEST(Result, TryHandsTheErrorUp) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().to_string(), "cannot halve: odd number");
}

}  // namespace
}  // namespace keypact
