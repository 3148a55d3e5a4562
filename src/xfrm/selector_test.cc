#include "xfrm/selector.h"

#include <gtest/gtest.h>

namespace keypact::xfrm {
namespace {

TrafficSelector selector(const char* first, const char* last, std::uint8_t protocol = 0, PortRange ports = {}) {
  return {*IpAddress::parse(first), *IpAddress::parse(last), protocol, ports};
}

bool covers(const std::vector<PortMatch>& matches, std::uint16_t port) {
  std::size_t count = 0;
  for (const auto& [value, mask] : matches) count += ((port ^ value) & mask) == 0 ? 1 : 0;
  EXPECT_LE(count, 1u) << port << " is covered twice";
  return count == 1;
}

TEST(XfrmSelector, PortsAreTakenApartIntoBlocksThatAreExactlyTheRange) {
  for (const auto& [range, count] : {std::pair(PortRange{0, 65535}, 1u),
                                     {PortRange{80, 80}, 1u},
                                     {PortRange{1024, 65535}, 6u},
                                     {PortRange{1, 65534}, 30u},
                                     {PortRange{0, 1}, 1u},
                                     {PortRange{65535, 65535}, 1u}}) {
    const auto matches = port_matches(range);
    EXPECT_EQ(matches.size(), count);
    for (std::uint32_t port = 0; port <= 65535; ++port)
      ASSERT_EQ(covers(matches, static_cast<std::uint16_t>(port)), range.first <= port && port <= range.last) << port;
  }
}

TEST(XfrmSelector, AddressRangesBecomePrefixesAndEveryPairOfOneFamily) {
  const auto found = selectors_between({selector("10.0.0.0", "10.0.0.2"), selector("fd00::", "fd00::")},
                                       {selector("10.2.0.0", "10.2.255.255")});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].source.to_string(), "10.0.0.0/31");
  EXPECT_EQ((*found)[1].source.to_string(), "10.0.0.2/32");
  EXPECT_EQ((*found)[1].destination.to_string(), "10.2.0.0/16");
}

TEST(XfrmSelector, TypeAndCodeOfIcmpAreThoseOfTheSender) {
  const auto found = selectors_between({selector("10.0.0.1", "10.0.0.1", 1, {8 << 8, (8 << 8) + 255})},
                                       {selector("10.0.0.2", "10.0.0.2", 1, {0, 0})});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].source_port, (PortMatch{8, 0xffff}));
  EXPECT_EQ((*found)[0].destination_port, (PortMatch{0, 0}));
}

TEST(XfrmSelector, AProtocolOfOneEndIsThatOfThePacket) {
  const auto found =
      selectors_between({selector("10.0.0.1", "10.0.0.1", 132, {5000, 5000})}, {selector("10.0.0.2", "10.0.0.2")});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].protocol, 132);
  EXPECT_EQ((*found)[0].source_port, (PortMatch{5000, 0xffff}));
  EXPECT_TRUE(
      selectors_between({selector("10.0.0.1", "10.0.0.1", 6)}, {selector("10.0.0.2", "10.0.0.2", 17)})->empty());
}

TEST(XfrmSelector, WhatTheKernelCannotCompareIsRefused) {
  EXPECT_FALSE(selectors_between({selector("10.0.0.1", "10.0.0.1", 6, PortRange::opaque())},
                                 {selector("10.0.0.2", "10.0.0.2")}));
  const auto awkward = selector("10.0.0.1", "10.255.255.254", 6, {1, 65534});
  EXPECT_FALSE(selectors_between({awkward}, {awkward}));
}

}  // namespace
}  // namespace keypact::xfrm
