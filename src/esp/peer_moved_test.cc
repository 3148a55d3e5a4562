// RFC 7296 §2.23: what tells that a NAT gave the peer another endpoint.
#include <gtest/gtest.h>

#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using testing::make_packet;
using testing::SaShape;
using testing::TwoEnds;

const Endpoint kHome{IpAddress::parse("192.0.2.1").value(), 4500};
const Endpoint kElsewhere{IpAddress::parse("198.51.100.7").value(), 40001};

/// Left sends; right receives what it sent, from wherever the test says.
class PeerMoves : public ::testing::Test {
 protected:
  explicit PeerMoves(const SaShape& shape = {.udp = true}) : ends(shape) {}

  Octets sent() {
    const auto packets = ends.left.send(make_packet({}));
    return packets.size() == 1 ? to_octets(packets.front().octets) : Octets();
  }
  /// The endpoint that the data plane tells of; nothing when it tells nothing.
  std::optional<Endpoint> told(Octets octets, const Endpoint& from, bool udp = true) {
    auto& right = ends.right;
    OuterPacket packet;
    packet.local = {IpAddress::parse("192.0.2.2").value(), 4500};
    packet.remote = from;
    packet.udp_encapsulation = udp;
    packet.octets = octets;
    right.output.clear();
    right.plane.inbound({&packet, 1}, right.now, right.output);
    std::optional<Endpoint> found;
    for (const auto& event : right.output.events())
      if (const auto* moved = std::get_if<ipsec::PeerMoved>(&event)) found = moved->remote;
    return found;
  }
  void pass_time(Duration duration) { ends.right.now = ends.right.now + duration; }

  TwoEnds ends;
};

class PeerMovesWithoutReplayCheck : public PeerMoves {
 protected:
  PeerMovesWithoutReplayCheck() : PeerMoves({.window = 0, .udp = true}) {}
};
class PeerMovesOnNativeEsp : public PeerMoves {
 protected:
  PeerMovesOnNativeEsp() : PeerMoves(SaShape{}) {}
};

TEST_F(PeerMoves, IsToldOfTheFirstNewPacketFromAnotherEndpoint) {
  EXPECT_EQ(told(sent(), kHome), std::nullopt);
  EXPECT_EQ(told(sent(), kElsewhere), kElsewhere);
}

TEST_F(PeerMoves, IsNotToldOfAReplay) {
  const auto packet = sent();
  EXPECT_EQ(told(packet, kHome), std::nullopt);
  EXPECT_EQ(told(packet, kElsewhere), std::nullopt);
}

TEST_F(PeerMoves, IsNotToldOfAForgery) {
  auto packet = sent();
  packet.back() ^= 1;
  EXPECT_EQ(told(packet, kElsewhere), std::nullopt);
}

TEST_F(PeerMoves, IsNotToldOfAPacketThatOthersOvertook) {
  const auto late = sent();
  EXPECT_EQ(told(sent(), kHome), std::nullopt);
  EXPECT_EQ(told(late, kElsewhere), std::nullopt);
  EXPECT_EQ(ends.right.plane.counters({1})->packets_in, 2u);
}

TEST_F(PeerMoves, IsToldOncePerSecondAtMost) {
  std::size_t count = 0;
  for (int i = 0; i < 1000; ++i) {
    count += told(sent(), kElsewhere).has_value() ? 1 : 0;
    pass_time(milliseconds(10));
  }
  EXPECT_EQ(count, 10u);
}

TEST_F(PeerMoves, IsOverWhenTheSaHasTheNewEndpoint) {
  EXPECT_EQ(told(sent(), kElsewhere), kElsewhere);
  auto& right = ends.right;
  right.plane.apply(ipsec::UpdateEndpoints{{1}, {IpAddress::parse("192.0.2.2").value(), 4500}, kElsewhere, true},
                    right.now);
  pass_time(seconds(2));
  EXPECT_EQ(told(sent(), kElsewhere), std::nullopt);
  EXPECT_EQ(told(sent(), kHome), kHome);
  const auto out = right.send(make_packet({.source = "10.2.0.1", .destination = "10.1.0.1"}));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out.front().remote, kElsewhere);
}

TEST_F(PeerMovesWithoutReplayCheck, IsNeverTold) { EXPECT_EQ(told(sent(), kElsewhere), std::nullopt); }

TEST_F(PeerMovesOnNativeEsp, IsNeverTold) { EXPECT_EQ(told(sent(), kElsewhere, false), std::nullopt); }

TEST_F(PeerMoves, H08_is_not_told_of_octets_of_0xff) {
  for (std::size_t size = 0; size < 200; ++size) EXPECT_EQ(told(Octets(size, 0xff), kElsewhere), std::nullopt);
  EXPECT_EQ(ends.right.plane.counters({1})->packets_in, 0u);
}

TEST(AskUse, IsAnsweredWithTheTimesOfTheLastPackets) {
  TwoEnds ends;
  const auto use = [&] {
    return std::get<ipsec::ChildSaUse>(*ends.left.plane.apply(ipsec::AskUse{{1}}, ends.left.now));
  };
  EXPECT_EQ(use().last_out, Instant());
  ends.left.send(make_packet({}));
  EXPECT_EQ(use().last_out, ends.left.now);
  EXPECT_EQ(use().last_in, Instant());
  EXPECT_FALSE(ends.left.plane.apply(ipsec::AskUse{{99}}, ends.left.now).has_value());
}

}  // namespace
}  // namespace keypact::esp
