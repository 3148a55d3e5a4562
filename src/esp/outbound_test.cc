#include <set>

#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using testing::all_algorithms;
using testing::checksum_is_right;
using testing::End;
using testing::make_packet;
using testing::make_policy;
using testing::make_sa;
using testing::name_of;
using testing::networks;
using testing::PacketShape;
using testing::SaShape;
using testing::TwoEnds;

std::vector<ipsec::StackEvent> events_of(const End& end) {
  return {end.output.events().begin(), end.output.events().end()};
}

TEST(Outbound, EveryAlgorithmCarriesBothFamiliesOverBoth) {
  for (const auto& algorithms : all_algorithms()) {
    for (const bool esn : {false, true}) {
      for (const bool over_ipv6 : {false, true}) {
        SCOPED_TRACE(name_of(algorithms));
        SaShape shape{.algorithms = algorithms, .esn = esn, .udp = over_ipv6};
        if (over_ipv6) {
          shape.local = "2001:db8::1";
          shape.remote = "2001:db8::2";
        }
        TwoEnds ends(shape);
        for (const bool inner_ipv6 : {false, true}) {
          PacketShape inner{.octets = 333};
          if (inner_ipv6) inner = {.source = "fd01::1", .destination = "fd02::1", .octets = 333};
          const auto wire = ends.left.send(make_packet(inner));
          ASSERT_EQ(wire.size(), 1U);
          EXPECT_EQ(wire[0].udp_encapsulation, over_ipv6);
          EXPECT_EQ(wire[0].remote.address, *IpAddress::parse(shape.remote));
          const auto received = ends.right.receive(wire[0].octets);
          ASSERT_EQ(received.size(), 1U);
          EXPECT_EQ(received[0], make_packet(inner));
        }
      }
    }
  }
}

TEST(Outbound, NoPacketOfAProtectedPolicyLeavesWithoutAnSa) {
  End end(1);
  end.plane.apply(ipsec::InstallPolicy{make_policy({}, true)}, end.now);
  EXPECT_TRUE(end.send(make_packet({})).empty());
  EXPECT_TRUE(end.output.to_tunnel().empty());
  EXPECT_TRUE(end.output.in_clear().empty());
  EXPECT_FALSE(end.plane.has_released());

  EXPECT_TRUE(end.installs(make_sa({}, true)));
  EXPECT_EQ(end.send(make_packet({})).size(), 1U);
  end.plane.apply(ipsec::RemoveChildSa{{1}}, end.now);
  EXPECT_TRUE(end.send(make_packet({})).empty());
  EXPECT_TRUE(end.output.in_clear().empty());
  end.plane.apply(ipsec::RemovePolicy{{1}}, end.now);
  EXPECT_EQ(end.dropped(DropReason::no_sa), 1U) << "what waited for another one";
  EXPECT_TRUE(end.send(make_packet({})).empty());
  EXPECT_TRUE(end.output.in_clear().empty());
  EXPECT_EQ(end.dropped(DropReason::no_policy), 1U);
}

TEST(Outbound, I16_asks_for_an_sa_once_until_the_question_is_answered) {
  End end(1);
  end.plane.apply(ipsec::InstallPolicy{make_policy({}, true)}, end.now);
  end.send(make_packet({}));
  ASSERT_EQ(events_of(end).size(), 1U);
  EXPECT_EQ(std::get<ipsec::Acquire>(events_of(end)[0]).policy, PolicyId{1});
  const auto asks = [&] {
    end.send(make_packet({}));
    return events_of(end).size();
  };
  std::size_t asked = 0;
  for (int i = 0; i < 100'000; ++i) asked += asks();
  EXPECT_EQ(asked, 0U);
  end.now = end.now + seconds(29);
  EXPECT_EQ(asks(), 0U);
  end.now = end.now + seconds(1);
  EXPECT_EQ(asks(), 1U);
  EXPECT_EQ(asks(), 0U);
  end.plane.acquire_answered({1}, end.now);
  EXPECT_EQ(asks(), 0U) << "a pause after a refusal";
  end.now = end.now + seconds(1);
  EXPECT_EQ(asks(), 1U);
  end.plane.acquire_answered({1}, end.now + seconds(60));
  end.now = end.now + seconds(30);
  EXPECT_EQ(asks(), 1U) << "an answer puts nothing off";
  EXPECT_TRUE(end.installs(make_sa({}, true)));
  EXPECT_EQ(asks(), 0U);
  end.plane.apply(ipsec::RemoveChildSa{{1}}, end.now);
  EXPECT_EQ(asks(), 1U);
}

TEST(Outbound, ThePolicyThatComesFirstDecides) {
  End end(1);
  const auto install = [&](std::uint64_t id, PolicyAction action, const char* remote) {
    end.plane.apply(ipsec::InstallPolicy{{{id}, "p", action, networks({"10.1.0.0/16"}), networks({remote})}}, end.now);
  };
  // Whatever order they come in: what passes, what is protected, what is dropped.
  install(1, PolicyAction::discard, "10.0.0.0/8");
  install(2, PolicyAction::protect, "10.2.0.0/16");
  install(3, PolicyAction::bypass, "10.2.1.0/24");
  install(4, PolicyAction::protect, "10.2.2.0/24");
  EXPECT_TRUE(end.installs(make_sa({.policy = 2}, true)));

  EXPECT_TRUE(end.send(make_packet({.destination = "10.2.1.9"})).empty());
  ASSERT_EQ(end.output.in_clear().size(), 1U);
  EXPECT_EQ(to_octets(end.output.in_clear()[0]), make_packet({.destination = "10.2.1.9"}));
  EXPECT_EQ(end.send(make_packet({.destination = "10.2.2.9"})).size(), 1U)
      << "of two that protect, the one that came first";
  EXPECT_TRUE(end.output.in_clear().empty());
  EXPECT_EQ(end.send(make_packet({.destination = "10.2.3.9"})).size(), 1U);
  EXPECT_EQ(end.dropped(DropReason::policy_discards), 0U);
  EXPECT_TRUE(end.send(make_packet({.destination = "10.3.0.1"})).empty());
  EXPECT_EQ(end.dropped(DropReason::policy_discards), 1U);
  EXPECT_TRUE(end.send(make_packet({.destination = "11.0.0.1"})).empty());
  EXPECT_EQ(end.dropped(DropReason::no_policy), 1U);

  // A policy that comes again keeps its place.
  install(2, PolicyAction::protect, "10.3.0.0/16");
  EXPECT_TRUE(end.send(make_packet({.destination = "10.3.0.1"})).empty());
  EXPECT_EQ(end.dropped(DropReason::outside_selectors), 1U);
}

TEST(Outbound, APacketThatNoSaWasNegotiatedForIsDropped) {
  SaShape shape;
  End end(1);
  end.plane.apply(ipsec::InstallPolicy{make_policy(shape, true)}, end.now);
  shape.remote_selectors = networks({"10.2.7.0/24"});  // the peer narrowed
  EXPECT_TRUE(end.installs(make_sa(shape, true)));
  EXPECT_EQ(end.send(make_packet({.destination = "10.2.7.1"})).size(), 1U);
  EXPECT_TRUE(end.send(make_packet({.destination = "10.2.8.1"})).empty());
  EXPECT_EQ(end.dropped(DropReason::outside_selectors), 1U);
  EXPECT_TRUE(events_of(end).empty());
}

TEST(Outbound, SeveralSasOfOnePolicyEachCarryTheirOwn) {
  End end(1);
  end.plane.apply(ipsec::InstallPolicy{make_policy({}, true)}, end.now);
  EXPECT_TRUE(end.installs(make_sa({.number = 1, .remote_selectors = networks({"10.2.1.0/24"})}, true)));
  EXPECT_TRUE(end.installs(make_sa({.number = 2, .remote_selectors = networks({"10.2.2.0/24"})}, true)));
  EXPECT_EQ(end.send(make_packet({.destination = "10.2.1.1"})).at(0).child_sa, ChildSaId{1});
  EXPECT_EQ(end.send(make_packet({.destination = "10.2.2.1"})).at(0).child_sa, ChildSaId{2});
}

TEST(Outbound, AnSaWithoutAnInstalledPolicyCarriesWhatItNegotiated) {
  End end(1);
  EXPECT_TRUE(end.installs(make_sa({.policy = 77}, true)));
  EXPECT_EQ(end.send(make_packet({})).size(), 1U);
  EXPECT_TRUE(end.send(make_packet({.destination = "10.3.0.1"})).empty());
  end.plane.apply(ipsec::InstallPolicy{make_policy({.policy = 77}, true)}, end.now);
  EXPECT_EQ(end.send(make_packet({})).size(), 1U);
  end.plane.apply(ipsec::RemovePolicy{{77}}, end.now);
  EXPECT_EQ(end.send(make_packet({})).size(), 1U);
  end.plane.apply(ipsec::RemoveChildSa{{1}}, end.now);
  EXPECT_TRUE(end.send(make_packet({})).empty());
}

TEST(Outbound, ARekeyedSaTakesOverWhenToldSo) {
  TwoEnds ends;
  EXPECT_TRUE(ends.left.installs(make_sa({.number = 2, .use_outbound = false}, true)));
  EXPECT_TRUE(ends.right.installs(make_sa({.number = 2}, false)));
  EXPECT_EQ(ends.left.send(make_packet({})).at(0).child_sa, ChildSaId{1});
  ends.left.plane.apply(ipsec::UseOutbound{{2}}, ends.left.now);
  EXPECT_EQ(ends.left.send(make_packet({})).at(0).child_sa, ChildSaId{2});
  ends.left.plane.apply(ipsec::RemoveChildSa{{1}}, ends.left.now);
  EXPECT_EQ(ends.left.send(make_packet({})).at(0).child_sa, ChildSaId{2});
}

TEST(Outbound, AnSaThatStandsByTakesOverWithTheFirstPacketThatComesInOnIt) {
  TwoEnds ends;
  EXPECT_TRUE(ends.left.installs(make_sa({.number = 2, .use_outbound = false}, true)));
  EXPECT_TRUE(ends.right.installs(make_sa({.number = 2}, false)));
  const auto reverse = make_packet({.source = "10.2.0.1", .destination = "10.1.0.1"});
  const auto honest = to_octets(ends.right.send(reverse).at(0).octets);
  auto forged = honest;
  forged.back() ^= 1;
  EXPECT_TRUE(ends.left.receive(forged).empty());
  EXPECT_EQ(ends.left.send(make_packet({})).at(0).child_sa, ChildSaId{1}) << "only an authentic one proves anything";
  EXPECT_EQ(ends.left.receive(honest).size(), 1U);
  EXPECT_EQ(ends.left.send(make_packet({})).at(0).child_sa, ChildSaId{2});
}

TEST(Outbound, AnSaThatStandsByCarriesWhatNoOtherDoes) {
  End end(1);
  end.plane.apply(ipsec::InstallPolicy{make_policy({}, true)}, end.now);
  EXPECT_TRUE(end.installs(make_sa({.use_outbound = false}, true)));
  EXPECT_EQ(end.send(make_packet({})).at(0).child_sa, ChildSaId{1});
  EXPECT_TRUE(end.installs(make_sa({.number = 2, .use_outbound = false}, true)));
  EXPECT_EQ(end.send(make_packet({})).at(0).child_sa, ChildSaId{1});
  end.plane.apply(ipsec::RemoveChildSa{{1}}, end.now);
  EXPECT_EQ(end.send(make_packet({})).at(0).child_sa, ChildSaId{2}) << "no gap when the old one goes";
}

TEST(Outbound, AnSaThatSendsNothingMoreStillReceives) {
  TwoEnds ends;
  const auto late =
      to_octets(ends.right.send(make_packet({.source = "10.2.0.1", .destination = "10.1.0.1"})).at(0).octets);
  EXPECT_TRUE(ends.left.installs(make_sa({.number = 2, .use_outbound = false}, true)));
  ends.left.plane.apply(ipsec::StopOutbound{{1}}, ends.left.now);
  EXPECT_EQ(ends.left.send(make_packet({})).at(0).child_sa, ChildSaId{2});
  EXPECT_EQ(ends.left.receive(late).size(), 1U);
  ends.left.plane.apply(ipsec::StopOutbound{{2}}, ends.left.now);
  EXPECT_TRUE(ends.left.send(make_packet({})).empty()) << "never in clear";
}

TEST(Outbound, GoesToWhereTheEndpointsMoved) {
  TwoEnds ends;
  const Endpoint here{IpAddress::v4(198, 51, 100, 1), 4500}, there{IpAddress::v4(203, 0, 113, 9), 61234};
  ends.left.plane.apply(ipsec::UpdateEndpoints{{1}, here, there, true}, ends.left.now);
  const auto wire = ends.left.send(make_packet({}));
  ASSERT_EQ(wire.size(), 1U);
  EXPECT_EQ(wire[0].local, here);
  EXPECT_EQ(wire[0].remote, there);
  EXPECT_TRUE(wire[0].udp_encapsulation);
}

TEST(Outbound, J04_the_numbers_end_with_a_warning_before_and_never_wrap) {
  constexpr std::uint64_t kMargin = UINT32_MAX - UINT32_MAX / 8;
  End warned(1);
  warned.plane.apply(ipsec::InstallPolicy{make_policy({}, true)}, warned.now);
  EXPECT_TRUE(warned.installs(make_sa({.sequence = kMargin - 2}, true)));
  warned.send(make_packet({}));
  EXPECT_TRUE(events_of(warned).empty());
  warned.send(make_packet({}));
  ASSERT_EQ(events_of(warned).size(), 1U);
  EXPECT_FALSE(std::get<ipsec::ChildSaExpired>(events_of(warned)[0]).hard);
  EXPECT_EQ(warned.send(make_packet({})).size(), 1U);
  EXPECT_TRUE(events_of(warned).empty());  // said once

  End ended(1);
  ended.plane.apply(ipsec::InstallPolicy{make_policy({}, true)}, ended.now);
  EXPECT_TRUE(ended.installs(make_sa({.sequence = UINT32_MAX - 1}, true)));
  const auto last = ended.send(make_packet({}));
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(to_hex(last[0].octets.subspan(4, 4)), "ffffffff");
  ASSERT_EQ(events_of(ended).size(), 1U);
  EXPECT_TRUE(std::get<ipsec::ChildSaExpired>(events_of(ended)[0]).hard);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(ended.send(make_packet({})).empty());
  EXPECT_EQ(ended.dropped(DropReason::sequence_exhausted), 10U);
}

TEST(Outbound, J04_with_esn_32_bits_are_not_the_end) {
  TwoEnds ends({.esn = true, .sequence = UINT32_MAX - 1});
  for (int i = 0; i < 4; ++i) {
    const auto wire = ends.left.send(make_packet({}));
    ASSERT_EQ(wire.size(), 1U);
    EXPECT_EQ(ends.right.receive(wire[0].octets).size(), 1U);
    EXPECT_TRUE(events_of(ends.left).empty());
  }
  TwoEnds last({.esn = true, .sequence = UINT64_MAX - 1});
  EXPECT_EQ(last.left.send(make_packet({})).size(), 1U);
  EXPECT_TRUE(last.left.send(make_packet({})).empty());
}

TEST(Outbound, J05_no_iv_is_used_twice_under_one_key) {
  for (const auto& algorithms : all_algorithms()) {
    const auto format = EspFormat::of(algorithms, false).value();
    if (format.iv() == 0) continue;
    TwoEnds ends({.algorithms = algorithms});
    std::set<Octets> seen;
    for (int i = 0; i < 300; ++i) {
      const auto wire = ends.left.send(make_packet({.octets = 48}));
      ASSERT_EQ(wire.size(), 1U);
      EXPECT_TRUE(seen.insert(to_octets(wire[0].octets.subspan(8, format.iv()))).second) << name_of(algorithms);
    }
    // An SA that moved here goes on behind the numbers of its former owner.
    EXPECT_TRUE(ends.left.plane.apply(ipsec::RemoveChildSa{{1}}, ends.left.now) == std::nullopt);
    EXPECT_TRUE(ends.left.installs(make_sa({.algorithms = algorithms, .sequence = 300}, true)));
    const auto wire = ends.left.send(make_packet({.octets = 48}));
    EXPECT_TRUE(seen.insert(to_octets(wire.at(0).octets.subspan(8, format.iv()))).second) << name_of(algorithms);
  }
}

TEST(Outbound, AFullBatchDropsAndUsesNoNumber) {
  TwoEnds ends;
  OutputBatch small(2, 144);  // memory for two
  std::vector<Octets> packets(5, make_packet({.octets = 100}));
  std::vector<InnerPacket> inner(packets.begin(), packets.end());
  ends.left.plane.outbound(inner, ends.left.now, small);
  ASSERT_EQ(small.to_wire().size(), 2U);
  EXPECT_EQ(ends.left.dropped(DropReason::output_full), 3U);
  EXPECT_EQ(to_hex(ends.left.send(make_packet({})).at(0).octets.subspan(4, 4)), "00000003");
}

TEST(Outbound, PacketsOfABurstStandInMemoryWithoutAGap) {
  TwoEnds ends;
  std::vector<Octets> packets(10, make_packet({.octets = 1001}));
  std::vector<InnerPacket> inner(packets.begin(), packets.end());
  ends.left.output.clear();
  ends.left.plane.outbound(inner, ends.left.now, ends.left.output);
  const auto wire = ends.left.output.to_wire();
  ASSERT_EQ(wire.size(), 10U);
  for (std::size_t i = 1; i < wire.size(); ++i) {
    EXPECT_EQ(wire[i].octets.data(), wire[i - 1].octets.data() + wire[i - 1].octets.size());
  }
}

TEST(Outbound, CountsWhatItSent) {
  TwoEnds ends;
  ends.left.send(make_packet({.octets = 100}));
  ends.left.send(make_packet({.octets = 50}));
  const auto counters = ends.left.plane.counters({1}).value();
  EXPECT_EQ(counters.packets_out, 2U);
  EXPECT_EQ(counters.octets_out, 150U);
  EXPECT_EQ(counters.last_out, ends.left.now);
  EXPECT_EQ(counters.last_in, Instant());
  EXPECT_FALSE(ends.left.plane.counters({9}));
}

TEST(Outbound, CopiesDscpAndEcnToTheOuterHeader) {
  TwoEnds ends;
  EXPECT_EQ(ends.left.send(make_packet({.traffic_class = 0xba})).at(0).traffic_class, 0xba);
  TwoEnds closed({.headers = {.copy_ecn = false, .copy_dscp_out = false}});
  EXPECT_EQ(closed.left.send(make_packet({.traffic_class = 0xba})).at(0).traffic_class, 0);
}

}  // namespace
}  // namespace keypact::esp
