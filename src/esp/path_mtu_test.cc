// RFC 4301 §8: DF, fragments before encryption, and the errors that go back into the tunnel.
#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using testing::make_packet;
using testing::PacketShape;
using testing::SaShape;
using testing::TwoEnds;

std::size_t outer_octets(const OuterPacket& packet) {
  return packet.octets.size() + outer_header_octets(packet.remote.address.family(), packet.udp_encapsulation);
}

TEST(PathMtu, TheInnerMtuLeavesRoomForAllHeaders) {
  for (const bool udp : {false, true}) {
    for (const bool over_ipv6 : {false, true}) {
      for (const auto& algorithms : testing::all_algorithms()) {
        SaShape shape{.algorithms = algorithms, .udp = udp};
        if (over_ipv6) {
          shape.local = "2001:db8::1";
          shape.remote = "2001:db8::2";
        }
        TwoEnds ends(shape);
        const std::size_t mtu = ends.left.plane.inner_mtu({1}).value();
        const auto fits = ends.left.send(make_packet({.octets = mtu, .dont_fragment = true}));
        ASSERT_EQ(fits.size(), 1U);
        EXPECT_LE(outer_octets(fits[0]), 1500U);
        EXPECT_GT(outer_octets(fits[0]), 1500U - 20);
        EXPECT_TRUE(ends.left.send(make_packet({.octets = mtu + 1, .dont_fragment = true})).empty());
      }
    }
  }
}

TEST(PathMtu, ATooLargePacketWithDfComesBackAsAnError) {
  TwoEnds ends;
  EXPECT_TRUE(ends.left.plane.set_path_mtu({1}, 1400, ends.left.now));
  const std::size_t mtu = ends.left.plane.inner_mtu({1}).value();
  EXPECT_TRUE(ends.left.send(make_packet({.octets = 1400, .dont_fragment = true})).empty());
  EXPECT_EQ(ends.left.dropped(DropReason::too_big), 1U);
  ASSERT_EQ(ends.left.output.to_tunnel().size(), 1U);
  const auto error = ends.left.output.to_tunnel()[0];
  EXPECT_EQ((std::size_t{error[26]} << 8) + error[27], mtu);
  EXPECT_EQ(ends.left.send(make_packet({.octets = mtu, .dont_fragment = true})).size(), 1U);
  EXPECT_FALSE(ends.left.plane.set_path_mtu({2}, 1400, ends.left.now));
}

TEST(PathMtu, ATooLargeIpv6PacketComesBackAsAnError) {
  TwoEnds ends;
  const PacketShape shape{.source = "fd01::1", .destination = "fd02::1", .octets = 1500};
  EXPECT_TRUE(ends.left.send(make_packet(shape)).empty());
  ASSERT_EQ(ends.left.output.to_tunnel().size(), 1U);
  const auto error = ends.left.output.to_tunnel()[0];
  EXPECT_EQ(error[40], 2);
  EXPECT_EQ((std::size_t{error[46]} << 8) + error[47], ends.left.plane.inner_mtu({1}).value());
}

TEST(PathMtu, Ipv6PacketsOfTheMinimumAlwaysPass) {
  TwoEnds ends;
  ends.left.plane.set_path_mtu({1}, 600, ends.left.now);
  const auto wire = ends.left.send(make_packet({.source = "fd01::1", .destination = "fd02::1", .octets = 1280}));
  ASSERT_EQ(wire.size(), 1U);
  EXPECT_FALSE(wire[0].dont_fragment);
  EXPECT_TRUE(ends.left.send(make_packet({.source = "fd01::1", .destination = "fd02::1", .octets = 1281})).empty());
}

TEST(PathMtu, WithoutDfThePacketIsFragmentedBeforeEncryption) {
  TwoEnds ends;
  const Octets packet = make_packet({.octets = 4000});
  const auto wire = ends.left.send(packet);
  ASSERT_EQ(wire.size(), 3U);
  Octets payload;
  for (const auto& piece : wire) {
    EXPECT_LE(outer_octets(piece), 1500U);
    EXPECT_FALSE(piece.dont_fragment);
    const auto received = ends.right.receive(piece.octets);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_TRUE(testing::checksum_is_right(received[0]));
    append(payload, OctetView(received[0]).subspan(20));
  }
  EXPECT_EQ(payload, to_octets(OctetView(packet).subspan(20)));
  EXPECT_EQ(ends.left.plane.counters({1})->packets_out, 3U);
}

TEST(PathMtu, CopiesDfOrClearsItAsConfigured) {
  TwoEnds copying;
  EXPECT_TRUE(copying.left.send(make_packet({.dont_fragment = true})).at(0).dont_fragment);
  EXPECT_FALSE(copying.left.send(make_packet({.dont_fragment = false})).at(0).dont_fragment);
  EXPECT_TRUE(copying.left.send(make_packet({.source = "fd01::1", .destination = "fd02::1"})).at(0).dont_fragment);
  TwoEnds clearing({.headers = {.copy_df = false}});
  const auto wire = clearing.left.send(make_packet({.octets = 1500, .dont_fragment = true}));
  ASSERT_EQ(wire.size(), 1U);
  EXPECT_FALSE(wire[0].dont_fragment);
  EXPECT_TRUE(clearing.left.output.to_tunnel().empty());
  EXPECT_TRUE(
      clearing.left.send(make_packet({.octets = 65535, .dont_fragment = true})).empty());  // no outer packet so large
  EXPECT_EQ(clearing.left.dropped(DropReason::too_big), 1U);
}

TEST(PathMtu, WhatWasLearnedAboutThePathIsForgottenAgain) {
  TwoEnds ends;
  ends.left.plane.set_path_mtu({1}, 1000, ends.left.now);
  EXPECT_TRUE(ends.left.send(make_packet({.octets = 1200, .dont_fragment = true})).empty());
  ends.left.now = ends.left.now + minutes(9);
  EXPECT_TRUE(ends.left.send(make_packet({.octets = 1200, .dont_fragment = true})).empty());
  ends.left.now = ends.left.now + minutes(1);
  EXPECT_EQ(ends.left.send(make_packet({.octets = 1200, .dont_fragment = true})).size(), 1U);
}

TEST(PathMtu, ForgedErrorsCannotMakeItUselesslySmall) {
  TwoEnds ends;
  ends.left.plane.set_path_mtu({1}, 0, ends.left.now);
  EXPECT_GT(ends.left.plane.inner_mtu({1}).value(), 500U);
  ends.left.plane.set_path_mtu({1}, SIZE_MAX, ends.left.now);
  EXPECT_LE(ends.left.plane.inner_mtu({1}).value(), 65535U);
}

TEST(PathMtu, ErrorsAreLimited) {
  TwoEnds ends;
  const auto errors_of = [&](int packets) {
    std::size_t errors = 0;
    for (int i = 0; i < packets; ++i) {
      ends.left.send(make_packet({.octets = 1500, .dont_fragment = true}));
      errors += ends.left.output.to_tunnel().size();
    }
    return errors;
  };
  EXPECT_EQ(errors_of(1000), 100U);
  ends.left.now = ends.left.now + milliseconds(100);
  EXPECT_EQ(errors_of(1000), 10U);
  ends.left.now = ends.left.now + hours(1);
  EXPECT_EQ(errors_of(1000), 100U);
}

}  // namespace
}  // namespace keypact::esp
