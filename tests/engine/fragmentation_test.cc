// Large messages in fragments between two engines. RFC 7383.
#include <algorithm>

#include "sim/wire_invariants.h"
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using config::Tristate;
using ike::RefusalCode;

/// The SKF payload of a datagram; nothing when it has none.
std::optional<wire::EncryptedPart> fragment_of(const Octets& octets) {
  const auto message = wire::parse_message(octets);
  if (!message || !message->encrypted || !message->encrypted->is_fragment) return std::nullopt;
  return message->encrypted;
}

class Fragmentation : public Ladder {
 protected:
  Fragmentation() {
    more_selectors(60);
    world.set_observer([this](World& w) { wire_.check(w.last_step(), broken_); });
  }
  ~Fragmentation() override { EXPECT_FALSE(broken_.is_broken()) << broken_.words(); }

  /// So many networks at each end, so that SAi2, TSi, TSr need `count` * 32 octets and more.
  void more_selectors(unsigned count) {
    for (auto* site : {&left_site, &right_site}) {
      site->more_local.clear();
      site->more_remote.clear();
    }
    for (unsigned i = 0; i < count; ++i) {
      const auto network = [i](const char* start) {
        return prefix_of(*IpAddress::parse(start + std::to_string(2 * i) + ".0"), 24);
      };
      left_site.more_local.push_back(network("10.3."));
      left_site.more_remote.push_back(network("10.4."));
    }
    right_site.more_local = left_site.more_remote;
    right_site.more_remote = left_site.more_local;
  }
  void set_fragmentation(Tristate of_left, Tristate of_right) {
    left_site.fragmentation = of_left;
    right_site.fragmentation = of_right;
  }
  WireInvariants wire_;
  BrokenInvariant broken_;
  SeededRandom random_{42};
  /// Lines of the ladder that name a fragment.
  std::size_t fragments_in_ladder(const std::string& who) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        world.ladder(), [&](const std::string& line) { return line.starts_with(who) && line.contains("SKF("); }));
  }
  void expect_up() {
    EXPECT_FALSE(refusal(left()).has_value());
    expect_mirrored_child_sas(1);
    EXPECT_EQ(left().engine.ike_sas().size(), 1u);
    EXPECT_EQ(right().engine.ike_sas().size(), 1u);
  }
  /// Every datagram of more than this many octets vanishes.
  void narrow_path(std::size_t ip_octets) {
    world.set_judge([ip_octets](const InFlight& packet) {
      const std::size_t around = packet.datagram.remote.address.is_v4() ? 28 : 48;
      return packet.datagram.octets.size() + around > ip_octets ? Fate::drop : Fate::deliver;
    });
  }
};

TEST_F(Fragmentation, CarriesALargeIkeAuthInBothDirections) {
  start();
  std::size_t largest = 0;
  world.set_judge([&](const InFlight& packet) {
    largest = std::max(largest, packet.datagram.octets.size() + 28);
    return Fate::deliver;
  });
  initiate();
  expect_up();
  EXPECT_LE(largest, 1280u);
  EXPECT_GT(largest, 1260u);
  EXPECT_EQ(world.ladder()[2],
            "left  IKE_AUTH request 1  HDR, SKF(1/2) {IDi, IDr, N(INITIAL_CONTACT), AUTH, SAi2, TSi, TSr}");
  EXPECT_EQ(world.ladder()[3], "left  IKE_AUTH request 1  HDR, SKF(2/2) {...}");
  EXPECT_EQ(world.ladder()[4], "right  IKE_AUTH response 1  HDR, SKF(1/2) {IDr, AUTH, SAr2, TSi, TSr}");
  EXPECT_EQ(left().stack.child_sas().begin()->second.remote_selectors.size(), 61u);
}

TEST_F(Fragmentation, IsNotUsedForWhatFitsIntoOnePacket) {
  more_selectors(0);
  start();
  initiate();
  expect_up();
  EXPECT_EQ(fragments_in_ladder(""), 0u);
}

TEST_F(Fragmentation, IsOnlyUsedWhenBothEndsSaySo) {
  for (const auto& [of_left, of_right] :
       {std::pair{Tristate::yes, Tristate::no}, {Tristate::no, Tristate::yes}, {Tristate::no, Tristate::no}}) {
    set_fragmentation(of_left, of_right);
    World fresh(1);
    auto& left_node = fresh.add("left", left_site.local, left_site.snapshot());
    fresh.add("right", right_site.local, right_site.snapshot());
    fresh.control(left_node, ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
    fresh.run_for(seconds(1));
    EXPECT_EQ(left_node.stack.child_sas().size(), 1u);
    for (const auto& line : fresh.ladder()) EXPECT_FALSE(line.contains("SKF(")) << line;
    EXPECT_EQ(fresh.ladder()[0].contains("FRAGMENTATION"), of_left != Tristate::no);
    EXPECT_FALSE(fresh.ladder()[1].contains("FRAGMENTATION"));
  }
}

TEST_F(Fragmentation, OfAConnectionThatOnlyAcceptsItIsOneSided) {
  set_fragmentation(Tristate::yes, Tristate::accept);
  start();
  initiate();
  expect_up();
  EXPECT_EQ(fragments_in_ladder("left"), 2u);
  EXPECT_EQ(fragments_in_ladder("right"), 0u);
  EXPECT_TRUE(world.ladder()[1].contains("IKEV2_FRAGMENTATION_SUPPORTED"));
}

TEST_F(Fragmentation, OfAnInitiatorThatOnlyAcceptsItIsOneSided) {
  set_fragmentation(Tristate::accept, Tristate::force);
  start();
  initiate();
  expect_up();
  EXPECT_EQ(fragments_in_ladder("left"), 0u);
  EXPECT_EQ(fragments_in_ladder("right"), 2u);
}

TEST_F(Fragmentation, KeepsToTheConfiguredSize) {
  for (const std::uint16_t size : {std::uint16_t{0}, std::uint16_t{400}, std::uint16_t{1000}}) {
    World fresh(1);
    fresh.set_options({.fragment_size = size});
    auto& left_node = fresh.add("left", left_site.local, left_site.snapshot());
    fresh.add("right", right_site.local, right_site.snapshot());
    std::size_t largest = 0;
    fresh.set_judge([&](const InFlight& packet) {
      if (fragment_of(packet.datagram.octets)) largest = std::max(largest, packet.datagram.octets.size() + 28);
      return Fate::deliver;
    });
    fresh.control(left_node, ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
    fresh.run_for(seconds(1));
    EXPECT_EQ(left_node.stack.child_sas().size(), 1u);
    const std::size_t wanted = size == 0 ? 576 : size;
    EXPECT_LE(largest, wanted);
    EXPECT_GT(largest, wanted - 8);
  }
}

TEST_F(Fragmentation, B08_TheLossOfAnySingleFragmentIsMadeGoodByARetransmission) {
  for (const std::string sender : {"left", "right"}) {
    for (const std::uint16_t lost : {std::uint16_t{1}, std::uint16_t{2}}) {
      World fresh(7);
      auto& left_node = fresh.add("left", left_site.local, left_site.snapshot());
      auto& right_node = fresh.add("right", right_site.local, right_site.snapshot());
      bool dropped = false;
      fresh.set_judge([&](const InFlight& packet) {
        const auto fragment = fragment_of(packet.datagram.octets);
        if (dropped || packet.from.name != sender || !fragment || fragment->fragment_number != lost)
          return Fate::deliver;
        dropped = true;
        return Fate::drop;
      });
      fresh.control(left_node, ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
      fresh.run_for(seconds(2));
      EXPECT_TRUE(dropped);
      EXPECT_EQ(left_node.stack.child_sas().size(), 1u);
      EXPECT_EQ(right_node.stack.child_sas().size(), 1u);
      EXPECT_EQ(right_node.engine.counters().retransmissions_answered, sender == "left" ? 0u : 1u);
    }
  }
}

TEST_F(Fragmentation, SurvivesDuplicatesAndAnyOrder) {
  start();
  world.set_faults({0, 100, milliseconds(1), milliseconds(400)});
  initiate("lan", seconds(20));
  expect_up();
}

TEST_F(Fragmentation, ARetransmittedFragmentIsBitForBitTheSame) {
  start();
  std::map<std::string, std::set<Octets>> seen;
  world.set_judge([&](const InFlight& packet) {
    const auto fragment = fragment_of(packet.datagram.octets);
    if (!fragment) return Fate::deliver;
    auto& octets = seen[packet.from.name + std::to_string(fragment->fragment_number)];
    octets.insert(packet.datagram.octets);
    return packet.from.name == "right" && world.now() < Instant(seconds(3)) ? Fate::drop : Fate::deliver;
  });
  initiate("lan", seconds(5));
  expect_up();
  ASSERT_EQ(seen.size(), 4u);
  for (const auto& [name, octets] : seen) EXPECT_EQ(octets.size(), 1u) << name;
}

TEST_F(Fragmentation, ShrinksUntilTheFragmentsGetThrough) {
  start();
  narrow_path(700);
  initiate("lan", seconds(30));
  expect_up();
  EXPECT_EQ(left().engine.counters().messages_refragmented, 1u);
  // The responder took the size from the initiator's fragments.
  EXPECT_EQ(right().engine.counters().messages_refragmented, 0u);
}

TEST_F(Fragmentation, CutsAMessageThatVanishedAsAWhole) {
  more_selectors(20);
  start();
  narrow_path(700);
  initiate("lan", seconds(30));
  expect_up();
  EXPECT_TRUE(world.ladder()[2].ends_with("HDR, SK {IDi, IDr, N(INITIAL_CONTACT), AUTH, SAi2, TSi, TSr}"));
  EXPECT_EQ(left().engine.counters().messages_refragmented, 1u);
}

TEST_F(Fragmentation, ShrinksAResponseThatDoesNotGetThrough) {
  // The request comes as a whole, and so says nothing about the path.
  left_site.fragmentation = Tristate::accept;
  start();
  world.set_judge([](const InFlight& packet) {
    return packet.from.name == "right" && packet.datagram.octets.size() > 700 ? Fate::drop : Fate::deliver;
  });
  initiate("lan", seconds(30));
  expect_up();
  EXPECT_EQ(right().engine.counters().messages_refragmented, 1u);
}

TEST_F(Fragmentation, ShrinksAResponseWithItsRequest) {
  start();
  unsigned from_left = 0;
  // The way back is narrow: the request arrives in its first form.
  world.set_judge([&](const InFlight& packet) {
    const auto fragment = fragment_of(packet.datagram.octets);
    if (packet.from.name == "left" && fragment) from_left = std::max<unsigned>(from_left, fragment->total_fragments);
    return packet.from.name == "right" && packet.datagram.octets.size() > 700 ? Fate::drop : Fate::deliver;
  });
  initiate("lan", seconds(30));
  expect_up();
  EXPECT_GT(from_left, 2u);
  EXPECT_EQ(right().engine.counters().messages_refragmented, 1u);
  EXPECT_EQ(right().engine.counters().retransmissions_answered, 4u);
}

TEST_F(Fragmentation, DoesNotShrinkWhenAPartOfTheResponseShowsThatTheSizeIsRight) {
  start();
  world.set_judge([&](const InFlight& packet) {
    const auto fragment = fragment_of(packet.datagram.octets);
    const bool late = world.now() > Instant(seconds(12));
    return packet.from.name == "right" && fragment && fragment->fragment_number == 2 && !late ? Fate::drop
                                                                                              : Fate::deliver;
  });
  initiate("lan", seconds(60));
  expect_up();
  EXPECT_EQ(left().engine.counters().messages_refragmented, 0u);
}

TEST_F(Fragmentation, NeverGoesBelowTheSmallestPacketOfIpv6) {
  std::tie(left_site, right_site) = left_and_right(IpFamily::v6);
  for (unsigned i = 0; i < 40; ++i) {
    left_site.more_local.push_back(prefix_of(*IpAddress::parse("fd03:" + std::to_string(i + 1) + "::"), 64));
    right_site.more_remote.push_back(left_site.more_local.back());
  }
  start();
  std::set<std::uint16_t> totals;
  world.set_judge([&](const InFlight& packet) {
    const auto fragment = fragment_of(packet.datagram.octets);
    if (!fragment) return Fate::deliver;
    totals.insert(fragment->total_fragments);
    return Fate::drop;
  });
  initiate("lan", minutes(10));
  EXPECT_EQ(refusal_code(left()), RefusalCode::no_answer);
  EXPECT_EQ(totals.size(), 1u);
}

TEST_F(Fragmentation, B04_OldAndNewSetsAreNotMixed) {
  start();
  std::vector<ike::Datagram> old;
  world.set_judge([&](const InFlight& packet) {
    const auto fragment = fragment_of(packet.datagram.octets);
    if (packet.from.name != "left" || !fragment) return Fate::deliver;
    if (fragment->total_fragments == 2) {
      // Only the first of the old set gets through, and it comes again between those of the new one.
      old.push_back(packet.datagram);
      return fragment->fragment_number == 1 ? Fate::deliver : Fate::drop;
    }
    for (const auto& datagram : old) world.inject(right(), {datagram.remote, datagram.local, datagram.octets});
    return Fate::deliver;
  });
  initiate("lan", seconds(20));
  expect_up();
  EXPECT_GT(right().engine.counters().fragments_dropped, 0u);
}

TEST_F(Fragmentation, B07_AnAnsweredRequestIsAnsweredAgainForItsFirstFragmentOnly) {
  start();
  std::vector<ike::Datagram> request;
  world.set_judge([&](const InFlight& packet) {
    if (packet.from.name == "left" && fragment_of(packet.datagram.octets)) request.push_back(packet.datagram);
    return Fate::deliver;
  });
  initiate();
  expect_up();
  ASSERT_EQ(request.size(), 2u);
  const auto sent = right().engine.counters().sent;
  world.inject(right(), {request[1].remote, request[1].local, request[1].octets});
  EXPECT_EQ(right().engine.counters().sent, sent);
  world.inject(right(), {request[0].remote, request[0].local, request[0].octets});
  EXPECT_EQ(right().engine.counters().sent, sent + 2);
  expect_mirrored_child_sas(1);
}

TEST_F(Fragmentation, B07_AMessageThatComesInFragmentsAndAsAWholeIsHandledOnce) {
  start();
  std::vector<Octets> fragments;
  world.set_judge([&](const InFlight& packet) {
    const auto fragment = fragment_of(packet.datagram.octets);
    if (packet.from.name != "left" || !fragment) return Fate::deliver;
    if (fragments.size() < 2) fragments.push_back(packet.datagram.octets);
    return fragment->fragment_number == 1 ? Fate::deliver : Fate::drop;
  });
  initiate("lan", milliseconds(100));
  ASSERT_EQ(fragments.size(), 2u);
  const auto& sa = left().engine.ike_sas().begin()->second;
  const auto& keys = std::get<ike::v2::AwaitAuth>(sa.state()).channel.keys().initiator;
  Octets text;
  for (const auto& octets : fragments) {
    const auto part = ike::open_part(world.library(), keys, octets, *wire::parse_message(octets));
    const auto& share = std::get<Octets>(part);
    text.insert(text.end(), share.begin(), share.end());
  }
  const auto whole = ike::seal_part(world.library(), random_, keys, 1000,
                                    sa.record().header(ExchangeType::IKE_AUTH, 1, false), {PayloadType::IDi, text});
  const auto to_right = [&](const Octets& octets) {
    world.inject(right(), {{right_site.local, 500}, {left_site.local, 500}, octets});
  };
  to_right(whole);
  world.run_for(milliseconds(100));
  expect_up();
  const auto answered = right().engine.counters().retransmissions_answered;
  to_right(fragments[1]);
  EXPECT_EQ(right().engine.counters().retransmissions_answered, answered);
  to_right(fragments[0]);
  to_right(whole);
  EXPECT_EQ(right().engine.counters().retransmissions_answered, answered + 2);
  EXPECT_EQ(right().count<ike::IkeSaEstablished>(), 1u);
  expect_mirrored_child_sas(1);
}

TEST_F(Fragmentation, B07_AForgedFirstFragmentOfAnAnsweredRequestIsNotAnswered) {
  start();
  Octets first;
  world.set_judge([&](const InFlight& packet) {
    if (packet.from.name == "left" && fragment_of(packet.datagram.octets) && first.empty())
      first = packet.datagram.octets;
    return Fate::deliver;
  });
  initiate();
  expect_up();
  first.back() ^= 1;
  const auto before = right().engine.counters();
  world.inject(right(), {{right_site.local, 500}, {left_site.local, 500}, first});
  EXPECT_EQ(right().engine.counters().sent, before.sent);
  EXPECT_EQ(right().engine.counters().not_authentic, before.not_authentic + 1);
}

TEST_F(Fragmentation, B05_ForgedFragmentsDoNotDisturbAReassembly) {
  start();
  world.set_judge([&](const InFlight& packet) {
    const auto fragment = fragment_of(packet.datagram.octets);
    if (packet.from.name != "right" || !fragment) return Fate::deliver;
    // Whatever the forger puts into the fields, before each true fragment of the response.
    for (const std::uint16_t total : {std::uint16_t{2}, std::uint16_t{3}, std::uint16_t{64}, std::uint16_t{65535}}) {
      auto forged = *wire::parse_message(packet.datagram.octets);
      forged.encrypted->total_fragments = total;
      world.inject(left(), {packet.datagram.remote, packet.datagram.local, wire::encode_message(forged)});
      auto broken = packet.datagram.octets;
      broken.back() ^= 0x55;
      world.inject(left(), {packet.datagram.remote, packet.datagram.local, broken});
    }
    return Fate::deliver;
  });
  initiate();
  expect_up();
  EXPECT_EQ(left().engine.counters().fragments_received, 2u);
  EXPECT_GT(left().engine.counters().not_authentic, 0u);
}

TEST_F(Fragmentation, B09_AHandshakeCompletesWhereIpFragmentsAreDropped) {
  start();
  narrow_path(1500);
  initiate();
  expect_up();
  EXPECT_EQ(left().engine.counters().retransmissions_sent, 0u);
}

TEST_F(Fragmentation, AnIncompleteRequestIsForgottenWithItsHalfOpenIkeSa) {
  start();
  world.set_judge([](const InFlight& packet) {
    const auto fragment = fragment_of(packet.datagram.octets);
    return fragment && fragment->fragment_number == 2 ? Fate::drop : Fate::deliver;
  });
  initiate("lan", minutes(10));
  EXPECT_EQ(refusal_code(left()), RefusalCode::no_answer);
  EXPECT_EQ(right().engine.ike_sas().size(), 0u);
  EXPECT_FALSE(right().engine.deadline().has_value());
}

TEST_F(Fragmentation, B10_ASetThatIsTooLargeForAHalfOpenIkeSaIsNotKept) {
  start();
  world.set_judge(
      [](const InFlight& packet) { return fragment_of(packet.datagram.octets) ? Fate::drop : Fate::deliver; });
  initiate();
  const auto& sa = left().engine.ike_sas().begin()->second;
  const auto& keys = std::get<ike::v2::AwaitAuth>(sa.state()).channel.keys().initiator;
  const auto header = sa.record().header(ExchangeType::IKE_AUTH, 1, false);
  const Octets text(1200);
  const auto send = [&](std::uint16_t number, std::uint16_t total) {
    const ike::ProtectedPart part{number == 1 ? PayloadType::IDi : PayloadType::None, text, number, total};
    auto octets = ike::seal_part(world.library(), random_, keys, 1000u + number + total, header, part);
    world.inject(right(), {{right_site.local, 500}, {left_site.local, 500}, std::move(octets)});
  };
  // RFC 7383 §5: who has the keys may still not fill our memory; 16 KiB are thirteen of these.
  for (std::uint16_t number = 1; number < 64; ++number) send(number, 64);
  EXPECT_EQ(right().engine.counters().fragment_sets_refused, 4u);
  for (std::uint16_t number = 1; number < 200; ++number) send(number, 200);
  EXPECT_EQ(right().engine.counters().fragment_sets_refused, 4u + 199u);
  EXPECT_EQ(right().engine.footprint().half_open, 1u);
  world.run_for(seconds(30));
  EXPECT_EQ(right().engine.ike_sas().size(), 0u);
}

TEST_F(Fragmentation, B04_AnIncompleteRequestToAnEstablishedIkeSaIsForgotten) {
  start();
  initiate();
  const auto& sa = left().engine.ike_sas().begin()->second;
  const auto& channel = sa.established()->parts().channel;
  const Octets text(100);
  const auto header = sa.record().header(ExchangeType::INFORMATIONAL, 2, false);
  world.inject(right(), {{right_site.local, 500},
                         {left_site.local, 500},
                         ike::seal_part(world.library(), random_, channel.keys().initiator, 5000, header,
                                        {PayloadType::D, text, 1, 2})});
  EXPECT_TRUE(right().engine.deadline().has_value());
  world.run_for(limits::kReassemblyLife);
  EXPECT_EQ(right().engine.counters().fragment_sets_expired, 1u);
  EXPECT_FALSE(right().engine.deadline().has_value());
  // The request comes after all, as a whole.
  world.control(left(), ike::TerminateIke{ControlId{5}, established_id(left()), false});
  world.run_for(seconds(40));
  EXPECT_EQ(right().engine.ike_sas().size(), 0u);
}

TEST_F(Fragmentation, B07_ARefusalInFragmentsOfTheRequestIsRepeatedForItsFirstFragment) {
  right_site.secret = "another shared key of length";
  start();
  unsigned answers = 0;
  world.set_judge([&](const InFlight& packet) {
    const auto header = wire::parse_header(packet.datagram.octets);
    const bool refusal = packet.from.name == "right" && header->exchange == ExchangeType::IKE_AUTH;
    return refusal && ++answers < 3 ? Fate::drop : Fate::deliver;
  });
  initiate("lan", seconds(20));
  EXPECT_EQ(answers, 3u);
  EXPECT_EQ(refusal_code(left()), RefusalCode::authentication_failed);
}

TEST_F(Fragmentation, CarriesALargeCreateChildSaInBothDirections) {
  left_site.more_children = right_site.more_children = {"dmz"};
  start();
  initiate();
  const auto before = fragments_in_ladder("");
  initiate("dmz");
  expect_mirrored_child_sas(2);
  EXPECT_EQ(fragments_in_ladder(""), before + 4);
  world.control(left(), ike::TerminateIke{ControlId{5}, established_id(left()), false});
  world.run_for(seconds(40));
  EXPECT_EQ(left().engine.ike_sas().size() + right().engine.ike_sas().size(), 0u);
}

}  // namespace
}  // namespace keypact::sim
