#include "base/limits.h"
#include "wire/test_support.h"

namespace keypact::wire {
namespace {

using enum ParseErrorCode;

TEST(CpPayload, ReadsAttributes) {
  const auto cp = accepted<CpPayload>(PayloadType::CP, "01000000 00010000 00030004 c0000235 70010002 aabb");
  EXPECT_EQ(cp.type, CpType::CFG_REQUEST);
  ASSERT_EQ(cp.attributes.size(), 3u);
  EXPECT_EQ(cp.attributes[0], (CpAttribute{CpAttributeType::INTERNAL_IP4_ADDRESS, {}}));
  EXPECT_EQ(cp.attributes[1], (CpAttribute{CpAttributeType::INTERNAL_IP4_DNS, {192, 0, 2, 53}}));
  EXPECT_EQ(static_cast<unsigned>(cp.attributes[2].type), 28673u);
}

TEST(CpPayload, MayBeWithoutAttributes) {
  EXPECT_TRUE(accepted<CpPayload>(PayloadType::CP, "04000000").attributes.empty());
}

TEST(CpPayload, IgnoresReservedOctetsAndTheReservedBit) {
  expect_reserved_ignored(PayloadType::CP, "01000100 00010000", "01000000 00010000");
  expect_reserved_ignored(PayloadType::CP, "01000000 80010000", "01000000 00010000");
}

TEST(CpPayload, RefusesAttributesThatOverrun) {
  for (const auto* body : {"01000000 00", "01000000 0001", "01000000 000100", "01000000 00030004 c00002",
                           "01000000 0003ffff c0000201", "01000000 00010000 00"})
    EXPECT_EQ(refusal(PayloadType::CP, body), configuration_malformed);
  for (const auto* body : {"", "01", "0100", "010000"}) EXPECT_EQ(refusal(PayloadType::CP, body), payload_truncated);
}

TEST(CpPayload, RefusesMoreAttributesThanTheLimit) {
  Octets body{1, 0, 0, 0};
  for (std::size_t i = 0; i < limits::kConfigurationAttributes; ++i) append(body, hex("00010000"));
  EXPECT_EQ(accepted<CpPayload>(PayloadType::CP, body).attributes.size(), limits::kConfigurationAttributes);
  append(body, hex("00010000"));
  EXPECT_EQ(refusal(PayloadType::CP, body), too_many_attributes);
}

}  // namespace
}  // namespace keypact::wire
