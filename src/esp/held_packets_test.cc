// Packets that wait for an SA: the first one gets through, within bounds, and none when nothing comes of it. RFC 4301 §4.4.1, §5.1.
#include "base/limits.h"
#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using namespace testing;

class Held : public ::testing::Test {
 protected:
  Held() {
    for (const bool is_left : {true, false})
      (is_left ? left : right).plane.apply(ipsec::InstallPolicy{make_policy({}, is_left)}, left.now);
  }
  static std::size_t acquires(const End& end) {
    return static_cast<std::size_t>(std::ranges::count_if(
        end.output.events(), [](const auto& event) { return std::holds_alternative<ipsec::Acquire>(event); }));
  }
  /// The SA is there: what goes to the wire.
  std::vector<OuterPacket> up(const SaShape& shape = {}) {
    EXPECT_TRUE(left.installs(make_sa(shape, true)));
    EXPECT_TRUE(right.installs(make_sa(shape, false)));
    left.output.clear();
    while (left.plane.has_released()) left.plane.release(left.now, left.output);
    return {left.output.to_wire().begin(), left.output.to_wire().end()};
  }
  static Octets packet(std::uint16_t port) { return make_packet({.destination_port = port}); }
  [[nodiscard]] std::uint64_t dropped() const { return left.plane.drops().total(); }

  End left{1};
  End right{2};
};

TEST_F(Held, TheFirstPacketAsksAndGetsThroughWithThoseAfterItInTheirOrder) {
  for (std::uint16_t port = 1; port <= 3; ++port) {
    EXPECT_TRUE(left.send(packet(port)).empty());
    EXPECT_EQ(acquires(left), port == 1 ? 1U : 0U);
  }
  EXPECT_EQ(dropped(), 0U);
  const auto sent = up();
  ASSERT_EQ(sent.size(), 3U);
  for (std::uint16_t port = 1; port <= 3; ++port) {
    const auto received = right.receive(sent[port - 1U].octets);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0], packet(port));
  }
  EXPECT_FALSE(left.plane.has_released());
  EXPECT_EQ(left.send(packet(4)).size(), 1U);
}

TEST_F(Held, APolicyHoldsSoManyAndTheFirstOnesStay) {
  for (std::size_t i = 0; i < limits::kHeldPackets + 5; ++i) left.send(packet(static_cast<std::uint16_t>(i)));
  EXPECT_EQ(left.dropped(DropReason::held_full), 5U);
  const auto sent = up();
  ASSERT_EQ(sent.size(), limits::kHeldPackets);
  EXPECT_EQ(right.receive(sent[0].octets)[0], packet(0));
}

TEST_F(Held, AllPoliciesTogetherHoldSoManyOctets) {
  const std::size_t policies = 300;
  SaShape shape;
  for (std::size_t i = 0; i < policies; ++i) {
    shape.policy = 100 + i;
    shape.remote_selectors =
        networks({("10.3." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + "/32").c_str()});
    left.plane.apply(ipsec::InstallPolicy{make_policy(shape, true)}, left.now);
  }
  for (std::size_t i = 0; i < policies; ++i)
    for (int times = 0; times < 10; ++times)
      left.send(make_packet(
          {.destination = "10.3." + std::to_string(i / 250) + '.' + std::to_string(i % 250), .octets = 1400}));
  EXPECT_EQ(left.dropped(DropReason::held_full), policies * 10 - limits::kHeldOctets / 1400);
}

TEST_F(Held, NothingWaitsForWhatDoesNotCome) {
  left.send(packet(1));
  left.plane.apply(ipsec::DropHeld{{1}}, left.now);
  EXPECT_EQ(left.dropped(DropReason::no_sa), 1U);
  left.send(packet(2));
  EXPECT_EQ(acquires(left), 0U) << "it is not asked for again at once";
  EXPECT_EQ(left.dropped(DropReason::no_sa), 2U);
  left.plane.acquire_answered({1}, left.now);
  left.now = left.now + seconds(1);
  left.send(packet(3));
  EXPECT_EQ(acquires(left), 1U);
  EXPECT_EQ(up().size(), 1U) << "and what asks again waits again";
}

TEST_F(Held, APolicyThatGoesTakesItsPacketsWithIt) {
  left.send(packet(1));
  left.plane.apply(ipsec::RemovePolicy{{1}}, left.now);
  EXPECT_EQ(left.dropped(DropReason::no_sa), 1U);
  EXPECT_TRUE(up().empty());
}

TEST_F(Held, WhatHasWaitedTooLongIsNotSent) {
  left.send(packet(1));
  left.now = left.now + limits::kHeldLife - seconds(1);
  left.send(packet(2));
  left.now = left.now + seconds(1);
  EXPECT_EQ(up().size(), 1U);
  EXPECT_EQ(left.dropped(DropReason::no_sa), 1U);
}

TEST_F(Held, WhatTheSaDoesNotCoverIsDroppedWhenItComes) {
  left.send(packet(1));
  SaShape narrow;
  narrow.remote_selectors = networks({"10.2.9.0/24"});
  EXPECT_TRUE(up(narrow).empty());
  EXPECT_EQ(left.dropped(DropReason::outside_selectors), 1U);
}

}  // namespace
}  // namespace keypact::esp
