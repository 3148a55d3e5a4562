#include "xfrm/policy_hash.h"

#include <gtest/gtest.h>

namespace keypact::xfrm {
namespace {

PolicyKey towards(std::uint32_t number, int length, Direction direction = Direction::out) {
  const auto remote = prefix_of(IpAddress::v4(0x0a000000 + (number << (32 - length))), length);
  return {direction, {prefix_of(IpAddress::v4(192, 168, 0, 0), 16), remote}};
}

// What iproute2 6.1 sends for `ip xfrm policy set hthresh4 0 32`, and what the kernel answers to `ip -s xfrm policy count`, behind the
// header of netlink, as strace shows it on a little-endian machine.
constexpr const char* kSetting = "ffffffff0600030000200000";
constexpr const char* kAnswer =
    "4c000000240000000000000000000000ffffffff1c0001000000000000000000000000000000000000000000000000000c000200"
    "070000000000100006000300202000000600040080800000";

TEST(PolicyHash, TheSettingIsWhatIproute2Sends) {
  const auto message = set_hashed_bits(IpFamily::v4, {0, 32});
  EXPECT_EQ(to_hex(message.octets().subspan(sizeof(nlmsghdr))), kSetting);
}

TEST(PolicyHash, TheKernelsAnswerIsRead) {
  const auto octets = from_hex(kAnswer);
  ASSERT_TRUE(octets);
  OctetView rest = *octets;
  const auto message = MessageView::take(rest);
  ASSERT_TRUE(message);
  EXPECT_EQ(read_hashed_bits(*message, IpFamily::v4), (HashedBits{32, 32}));
  EXPECT_EQ(read_hashed_bits(*message, IpFamily::v6), (HashedBits{128, 128}));
}

TEST(PolicyHash, FewPoliciesNeedNoSetting) {
  PolicyHash hash(IpFamily::v4);
  for (std::uint32_t i = 0; i < PolicyHash::kShorter; ++i) hash.add(towards(i, 24));
  EXPECT_EQ(hash.best(), std::nullopt);
}

TEST(PolicyHash, TheAddressesOfClientsAreHashedWhole) {
  PolicyHash hash(IpFamily::v4);
  for (std::uint32_t i = 0; i < 1000; ++i) hash.add(towards(i, 32));
  for (std::uint32_t i = 0; i < PolicyHash::kShorter; ++i) hash.add(towards(i, 24));
  EXPECT_EQ(hash.best(), (HashedBits{0, 32}));
}

TEST(PolicyHash, ManyNetworksAreHashedByTheirLengthAndThereItStays) {
  PolicyHash hash(IpFamily::v4);
  for (std::uint32_t i = 0; i < 1000; ++i) hash.add(towards(i, 24));
  for (std::uint32_t i = 0; i < 1000; ++i) hash.add(towards(i, 32));
  hash.add(towards(0, 8));
  EXPECT_EQ(hash.best(), (HashedBits{0, 24}));
  for (std::uint32_t i = 0; i < 1000; ++i) hash.remove(towards(i, 24));
  EXPECT_EQ(hash.best(), (HashedBits{0, 24}));
}

TEST(PolicyHash, OfATunnelsPoliciesOneCountsAndOfTheOtherFamilyNone) {
  PolicyHash hash(IpFamily::v6);
  for (std::uint32_t i = 0; i < 1000; ++i) hash.add(towards(i, 24));
  EXPECT_EQ(hash.best(), std::nullopt);
  PolicyHash inbound(IpFamily::v4);
  for (std::uint32_t i = 0; i < 1000; ++i) inbound.add(towards(i, 24, Direction::in));
  EXPECT_EQ(inbound.best(), std::nullopt);
}

}  // namespace
}  // namespace keypact::xfrm
