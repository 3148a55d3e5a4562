#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/limits.h"
#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using testing::End;
using testing::kCbc;
using testing::keys_for;
using testing::kGcm;
using testing::make_packet;
using testing::make_sa;
using testing::networks;
using testing::PacketShape;
using testing::SaShape;
using testing::SeededRandom;
using testing::spi_of;
using testing::TwoEnds;

/// The peer, without any of our checks: seals what it is told with the number that it is told.
struct HostilePeer {
  explicit HostilePeer(const SaShape& shape = {})
      : victim(2), format(EspFormat::of(shape.algorithms, shape.esn).value()) {
    EXPECT_TRUE(victim.installs(make_sa(shape, false)));
    sealer.emplace(library, nullptr, keys_for(shape.algorithms, shape.number * 2 + 1), format,
                   spi_of(shape.number, false));
  }
  Octets seal(std::uint64_t sequence, OctetView payload, std::uint8_t next_header = kNextHeaderIpv4) {
    Octets packet(format.sealed_octets(payload.size()));
    sealer->seal(sequence, next_header, payload, random, packet);
    return packet;
  }
  /// True when the packet came through to the tunnel device.
  bool passes(std::uint64_t sequence, OctetView payload, std::uint8_t next_header = kNextHeaderIpv4) {
    return victim.receive(seal(sequence, payload, next_header)).size() == 1;
  }
  bool passes(std::uint64_t sequence) { return passes(sequence, make_packet({})); }
  bool forged_passes(std::uint64_t sequence) {
    Octets packet = seal(sequence, make_packet({}));
    packet.back() ^= 1;
    return victim.receive(packet).size() == 1;
  }
  [[nodiscard]] std::uint64_t dropped(DropReason reason) const { return victim.dropped(reason); }

  crypto::Library library;
  SeededRandom random{77};
  End victim;
  EspFormat format;
  std::optional<EspSealer> sealer;
};

TEST(Inbound, J02_every_packet_passes_once) {
  HostilePeer peer;
  for (std::uint64_t i = 1; i <= 100; ++i) EXPECT_TRUE(peer.passes(i));
  for (std::uint64_t i = 1; i <= 100; ++i) EXPECT_FALSE(peer.passes(i));
  EXPECT_EQ(peer.dropped(DropReason::replayed), 100U);
  EXPECT_EQ(peer.victim.plane.counters({1})->replays, 100U);
  EXPECT_FALSE(peer.passes(0));
  EXPECT_TRUE(peer.passes(164));
  EXPECT_FALSE(peer.passes(100));
  EXPECT_TRUE(peer.passes(101));
  EXPECT_TRUE(peer.passes(std::uint64_t{1} << 31));
  EXPECT_FALSE(peer.passes(165));
}

TEST(Inbound, J02_a_forged_number_does_not_move_the_window) {
  for (const bool esn : {false, true}) {
    HostilePeer peer({.esn = esn});
    EXPECT_TRUE(peer.passes(1));
    for (const std::uint32_t number : {2U, 65U, 1000U, 0x7fffffffU, 0x80000001U, 0xfffffff0U}) {
      EXPECT_FALSE(peer.forged_passes(number));
    }
    EXPECT_TRUE(peer.passes(2));
    EXPECT_TRUE(peer.passes(4));
    EXPECT_TRUE(peer.passes(3));
    EXPECT_GE(peer.victim.plane.counters({1})->authentication_failures, 5U);
  }
}

TEST(Inbound, J02_window_zero_checks_nothing) {
  HostilePeer peer({.window = 0});
  EXPECT_TRUE(peer.passes(7));
  EXPECT_TRUE(peer.passes(7));
}

TEST(Inbound, J03_crosses_2_to_the_32_with_loss_and_reordering) {
  for (const auto& algorithms : {kGcm, kCbc}) {
    HostilePeer peer({.algorithms = algorithms, .esn = true, .sequence = 0xffffff00U});
    SeededRandom random(5);
    std::uint64_t sequence = 0xffffff00U;
    std::vector<std::uint64_t> late;
    while (sequence < 0x1'0000'0200U) {
      ++sequence;
      switch (random.u32() % 4) {
        case 0: late.push_back(sequence); break;  // comes later
        case 1: break;                            // lost
        default: EXPECT_TRUE(peer.passes(sequence)) << sequence;
      }
      if (late.size() < 8) continue;
      for (const auto each : late) EXPECT_EQ(peer.passes(each), sequence - each < 60 || each == sequence) << each;
      late.clear();
    }
    EXPECT_FALSE(peer.passes(sequence - 64));
    EXPECT_FALSE(peer.passes(sequence & 0xffffffffU));  // the same low half, the wrong upper one
  }
}

TEST(Inbound, J03_finds_the_numbers_again_after_a_very_long_loss) {
  for (const auto& algorithms : {kGcm, kCbc}) {
    HostilePeer peer({.algorithms = algorithms, .esn = true});
    EXPECT_TRUE(peer.passes(10));
    const std::uint64_t far = 0x3'0000'1000U;
    int tries = 0;
    while (!peer.passes(far + tries) && tries < 1000) ++tries;
    EXPECT_EQ(tries, 31);
    EXPECT_TRUE(peer.passes(far + 500));
    EXPECT_FALSE(peer.passes(11));  // the past stays closed
  }
}

TEST(Inbound, J03_the_search_for_the_numbers_is_bounded) {
  HostilePeer peer({.esn = true});
  EXPECT_TRUE(peer.passes(10));
  for (int i = 0; i < 500; ++i) EXPECT_FALSE(peer.passes(0x7'0000'1000U + i));  // beyond what is tried
  EXPECT_TRUE(peer.passes(11));
  HostilePeer narrow;
  EXPECT_TRUE(narrow.passes(10));
  for (int i = 0; i < 500; ++i) EXPECT_FALSE(narrow.forged_passes(0x1000));
  EXPECT_TRUE(narrow.passes(11));
}

TEST(Inbound, J04_the_peers_numbers_near_their_end_ask_for_a_new_sa) {
  HostilePeer peer;
  EXPECT_TRUE(peer.passes(1));
  EXPECT_TRUE(peer.victim.output.events().empty());
  EXPECT_TRUE(peer.passes(0xf0000000U));
  ASSERT_EQ(peer.victim.output.events().size(), 1U);
  EXPECT_FALSE(std::get<ipsec::ChildSaExpired>(peer.victim.output.events()[0]).hard);
  EXPECT_TRUE(peer.passes(0xf0000001U));
  EXPECT_TRUE(peer.victim.output.events().empty());
}

TEST(Inbound, J07_next_headers_other_than_ip_are_dropped) {
  HostilePeer peer;
  const Octets packet = make_packet({});
  std::uint64_t sequence = 0;
  for (unsigned next_header = 0; next_header < 256; ++next_header) {
    EXPECT_EQ(peer.passes(++sequence, packet, static_cast<std::uint8_t>(next_header)), next_header == 4);
  }
  EXPECT_EQ(peer.dropped(DropReason::dummy), 1U);
  EXPECT_EQ(peer.dropped(DropReason::next_header), 253U);
  EXPECT_EQ(peer.dropped(DropReason::inner_version), 1U);  // 41 around an IPv4 packet
}

TEST(Inbound, J07_dummy_packets_show_that_the_peer_lives) {
  HostilePeer peer;
  EXPECT_FALSE(peer.passes(1, {}, kNextHeaderNone));
  EXPECT_EQ(peer.victim.plane.counters({1})->last_in, peer.victim.now);
  EXPECT_EQ(peer.victim.plane.counters({1})->packets_in, 0U);
}

TEST(Inbound, TfcPaddingBehindThePacketIsTakenOff) {
  HostilePeer peer;
  Octets padded = make_packet({.octets = 100});
  padded.resize(1000, 0xee);
  const auto received = peer.victim.receive(peer.seal(1, padded));
  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(received[0], make_packet({.octets = 100}));
  EXPECT_EQ(peer.victim.plane.counters({1})->octets_in, 100U);
}

TEST(Inbound, J08_the_peer_sends_only_what_it_negotiated) {
  HostilePeer peer;
  std::uint64_t sequence = 0;
  const auto passes = [&](const PacketShape& shape) {
    const Octets packet = make_packet(shape);
    return peer.passes(++sequence, packet, packet[0] >> 4 == 4 ? kNextHeaderIpv4 : kNextHeaderIpv6);
  };
  EXPECT_TRUE(passes({}));
  EXPECT_TRUE(passes({.source = "fd01::5", .destination = "fd02::5"}));
  EXPECT_FALSE(passes({.source = "10.3.0.1"}));
  EXPECT_FALSE(passes({.source = "192.0.2.1"}));  // the outer address is nobody inside
  EXPECT_FALSE(passes({.destination = "10.9.0.1"}));
  EXPECT_FALSE(passes({.source = "10.2.0.1", .destination = "10.1.0.1"}));
  EXPECT_FALSE(passes({.source = "fd03::1", .destination = "fd02::1"}));
  EXPECT_FALSE(passes({.source = "fd01::1", .destination = "ff02::1"}));
  EXPECT_EQ(peer.dropped(DropReason::selector_mismatch), 6U);
  EXPECT_EQ(peer.victim.plane.counters({1})->selector_mismatches, 6U);
}

TEST(Inbound, J08_inner_packets_that_lie_are_dropped) {
  HostilePeer peer;
  std::uint64_t sequence = 0;
  for (const unsigned version : {0U, 5U, 7U, 15U}) {
    Octets packet = make_packet({});
    packet[0] = static_cast<std::uint8_t>(version << 4 | 5);
    EXPECT_FALSE(peer.passes(++sequence, packet));
  }
  EXPECT_EQ(peer.dropped(DropReason::inner_version), 4U);
  Octets longer = make_packet({.octets = 100});
  longer[3] = 101;
  EXPECT_FALSE(peer.passes(++sequence, longer));
  EXPECT_FALSE(peer.passes(++sequence, {}));
  EXPECT_EQ(peer.dropped(DropReason::inner_length), 2U);
  // RFC 4301 §7: a later fragment cannot pass where particular ports were negotiated.
  auto selectors = networks({"10.1.0.0/16"});
  selectors[0].protocol = 17;
  selectors[0].ports = PortRange::single(1000);
  HostilePeer ports({.local_selectors = selectors});
  EXPECT_TRUE(ports.passes(1, make_packet({})));
  EXPECT_FALSE(ports.passes(2, make_packet({.source_port = 1001})));
  Octets fragment = make_packet({});
  fragment[7] = 100;
  EXPECT_FALSE(ports.passes(3, fragment));
}

TEST(Inbound, J10_tiny_packets_and_nested_ones_are_harmless) {
  HostilePeer peer;
  for (std::size_t size = 0; size <= 64; ++size) {
    for (const std::uint8_t fill : std::initializer_list<std::uint8_t>{0, 0xff}) {
      EXPECT_TRUE(peer.victim.receive(Octets(size, fill)).empty());
      Octets addressed(size, fill);
      const Octets real = peer.seal(1, {});
      std::copy_n(real.begin(), std::min<std::size_t>(8, size), addressed.begin());
      EXPECT_TRUE(peer.victim.receive(addressed).empty());
    }
  }
  // ESP within ESP is one packet for the tunnel device, and no work of ours.
  Octets nested = make_packet({.protocol = 50, .octets = 200});
  const auto received = peer.victim.receive(peer.seal(2, nested));
  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(received[0], nested);
}

TEST(Inbound, J12_unknown_spis_cost_a_counter_and_a_few_are_told) {
  HostilePeer peer;
  std::size_t told = 0;
  Octets packet = peer.seal(1, make_packet({}));
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    packet[0] = static_cast<std::uint8_t>(i >> 9);
    packet[1] = static_cast<std::uint8_t>(i >> 1);
    packet[2] = 1;
    packet[3] = static_cast<std::uint8_t>(i);
    EXPECT_TRUE(peer.victim.receive(packet).empty());
    told += peer.victim.output.events().size();
  }
  EXPECT_EQ(told, limits::kInvalidSpiReports) << "in a second at most";
  EXPECT_EQ(peer.dropped(DropReason::unknown_spi), 100'000U);
  EXPECT_EQ(peer.victim.plane.drops().total(), 100'000U);
}

TEST(Inbound, J12_reserved_spis_are_no_esp) {
  HostilePeer peer;
  for (unsigned spi = 0; spi < 256; ++spi) {
    Octets packet = peer.seal(1, make_packet({}));
    packet[0] = packet[1] = packet[2] = 0;
    packet[3] = static_cast<std::uint8_t>(spi);
    EXPECT_TRUE(peer.victim.receive(packet).empty());
  }
  EXPECT_EQ(peer.dropped(DropReason::not_esp), 256U);
}

TEST(Inbound, J12_a_late_packet_of_a_removed_sa_does_not_meet_its_successor) {
  HostilePeer peer;
  const Octets late = peer.seal(1, make_packet({}));
  peer.victim.plane.apply(ipsec::RemoveChildSa{{1}}, peer.victim.now);
  EXPECT_TRUE(peer.victim.receive(late).empty());
  auto successor = make_sa({}, false);
  successor.id = {2};
  successor.inbound_spi.value ^= 1U << 24;  // the same slot, another generation
  EXPECT_TRUE(peer.victim.installs(std::move(successor)));
  EXPECT_TRUE(peer.victim.receive(late).empty());
  EXPECT_EQ(peer.dropped(DropReason::unknown_spi), 2U);
}

TEST(Inbound, EcnAndDscpOfTheOuterHeaderAreTakenOverByRfc6040) {
  HostilePeer peer;
  const auto class_of = [&](std::uint64_t sequence, std::uint8_t inner, std::uint8_t outer) -> int {
    const auto received = peer.victim.receive(peer.seal(sequence, make_packet({.traffic_class = inner})), outer);
    if (received.empty()) return -1;
    EXPECT_TRUE(testing::checksum_is_right(received[0]));
    return received[0][1];
  };
  EXPECT_EQ(class_of(1, 0xb8, 0), 0xb8);
  EXPECT_EQ(class_of(2, 0xb8 | 2, 3), 0xb8 | 3);  // congestion on the way
  EXPECT_EQ(class_of(3, 0xb8 | 2, 0x28 | 1), 0xb8 | 1);
  EXPECT_EQ(class_of(4, 0xb8, 3), -1);
  EXPECT_EQ(peer.dropped(DropReason::congestion), 1U);
}

TEST(Inbound, AcceptsAnyBatch) {
  TwoEnds ends;
  std::vector<Octets> wire;
  for (int i = 0; i < 40; ++i) wire.push_back(to_octets(ends.left.send(make_packet({.octets = 100})).at(0).octets));
  wire.push_back(wire[3]);
  wire.push_back(Octets(100, 1));
  wire.push_back({});
  std::vector<OuterPacket> batch(wire.size());
  for (std::size_t i = 0; i < wire.size(); ++i) batch[i].octets = wire[i];
  ends.right.output.clear();
  ends.right.plane.inbound(batch, ends.right.now, ends.right.output);
  EXPECT_EQ(ends.right.output.to_tunnel().size(), 40U);
  EXPECT_EQ(ends.right.plane.drops().total(), 3U);
  EXPECT_EQ(ends.right.plane.counters({1})->packets_in, 40U);
}

RC_GTEST_PROP(Inbound, JunkNeverPasses, (const Octets& junk, bool addressed, std::uint8_t length)) {
  static HostilePeer peer({.esn = true});
  Octets packet = junk;
  packet.resize(packet.size() + length);
  if (addressed && packet.size() >= 4) std::copy_n(peer.seal(1, {}).begin(), 4, packet.begin());
  RC_ASSERT(peer.victim.receive(packet).empty());
  for (const auto& event : peer.victim.output.events()) RC_ASSERT(std::holds_alternative<ipsec::UnknownSpi>(event));
}

}  // namespace
}  // namespace keypact::esp
