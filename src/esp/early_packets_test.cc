// ESP that comes before its SA: kept for a moment, within bounds. RFC 7296 §2.8: the responder may send as soon as it has answered.
#include "base/limits.h"
#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using namespace testing;

class Early : public ::testing::Test {
 protected:
  Early() {
    right.plane.apply(ipsec::InstallPolicy{make_policy({}, false)}, right.now);
    left.plane.apply(ipsec::InstallPolicy{make_policy({}, true)}, left.now);
    EXPECT_TRUE(left.installs(make_sa({}, true)));
  }
  Octets sealed(std::uint16_t port) {
    const auto sent = left.send(packet(port));
    EXPECT_EQ(sent.size(), 1U);
    return {sent[0].octets.begin(), sent[0].octets.end()};
  }
  /// The SA comes up: what gets to the tunnel device.
  std::vector<Octets> up(const SaShape& shape = {}) {
    EXPECT_TRUE(right.installs(make_sa(shape, false)));
    right.output.clear();
    while (right.plane.has_released()) right.plane.release(right.now, right.output);
    std::vector<Octets> inner;
    for (const auto& each : right.output.to_tunnel()) inner.emplace_back(each.begin(), each.end());
    return inner;
  }
  static Octets packet(std::uint16_t port) { return make_packet({.destination_port = port}); }

  End left{1};
  End right{2};
};

TEST_F(Early, WhatCameBeforeItsSaGetsThroughInItsOrder) {
  for (std::uint16_t port = 1; port <= 3; ++port) EXPECT_TRUE(right.receive(sealed(port)).empty());
  const auto inner = up();
  ASSERT_EQ(inner.size(), 3U);
  for (std::uint16_t port = 1; port <= 3; ++port) EXPECT_EQ(inner[port - 1U], packet(port));
  EXPECT_FALSE(right.plane.has_released());
  EXPECT_EQ(right.plane.counters({1})->packets_in, 3U);
}

TEST_F(Early, AReplayedOneIsFoundOut) {
  const auto once = sealed(1);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(right.receive(once).empty());
  EXPECT_EQ(up().size(), 1U);
  EXPECT_EQ(right.plane.counters({1})->replays, 1U);
}

TEST_F(Early, WhatWaitedTooLongIsNotLetIn) {
  EXPECT_TRUE(right.receive(sealed(1)).empty());
  right.now = right.now + limits::kEarlyLife + milliseconds(1);
  EXPECT_TRUE(up().empty());
}

TEST_F(Early, J12_AFloodOfThemDisplacesTheOldestAndGrowsNothing) {
  EXPECT_TRUE(right.receive(sealed(1)).empty());
  auto forged = sealed(2);
  forged[0] ^= 0x55;
  for (std::size_t i = 0; i < limits::kEarlyPackets; ++i) EXPECT_TRUE(right.receive(forged).empty());
  EXPECT_TRUE(up().empty()) << "the oldest one went";
}

TEST_F(Early, J12_TheyAreKeptByOctetsToo) {
  EarlyPackets early;
  Octets octets(limits::kEarlyOctets / 2, 7);
  OuterPacket packet;
  packet.octets = octets;
  for (std::uint32_t spi = 1000; spi < 1004; ++spi) early.keep(packet, {spi}, right.now);
  for (std::uint32_t spi = 1000; spi < 1004; ++spi) early.release({spi});
  EXPECT_EQ(early.take_released().size(), 2U);
}

}  // namespace
}  // namespace keypact::esp
