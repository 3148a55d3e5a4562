// NATs in front of one end or both: detection, keepalives, and mappings that change. RFC 7296 §2.23, RFC 3948 §4.
#include <algorithm>

#include "tests/engine/nat_ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;

class NatTraversal : public NatLadder {
 protected:
  /// Left behind a NAT, right not; an IKE SA and a Child SA are up.
  void establish() {
    put_left_behind_nat();
    start();
    bring_up();
  }
  void reauthenticate_from_the_right() {
    const auto old = established_id(right());
    ask(right(), ike::RekeyIke{ControlId{9}, old, true}, seconds(30));
    ASSERT_NE(serving(right()), old);
    EXPECT_TRUE(record(right()).initiator);
    EXPECT_EQ(record(right()).remote, left_box().out({left_site.local, 4500}));
    expect_mirrored_child_sas(1);
    left_box().reboot();
    rekey_child(left());
    EXPECT_EQ(record(right()).remote, left_box().out({left_site.local, 4500}));
    EXPECT_EQ(esp_goes_to(right()), record(right()).remote);
  }
  std::size_t moves(Node& node) { return node.count<ike::IkeSaMoved>(); }
  /// The last request that came to `node`.
  ike::Datagram last_request_to(Node& node) {
    for (auto delivery = deliveries.rbegin(); delivery != deliveries.rend(); ++delivery)
      if (delivery->to == &node && !wire::parse_header(delivery->datagram.octets)->response) return delivery->datagram;
    return {};
  }
};

TEST_F(NatTraversal, BothEndsKnowWhichOfThemIsBehindTheNat) {
  establish();
  EXPECT_EQ(record(left()).nat, (ike::NatSituation{true, true, false}));
  EXPECT_EQ(record(right()).nat, (ike::NatSituation{true, false, true}));
  for (auto* node : {&left(), &right()}) {
    EXPECT_TRUE(record(*node).udp_encapsulation);
    EXPECT_EQ(record(*node).local.port, 4500);
    EXPECT_TRUE(node->stack.child_sas().begin()->second.udp_encapsulation);
    const auto* told = node->last<ike::IkeSaEstablished>();
    EXPECT_EQ(told->nat, record(*node).nat);
    EXPECT_TRUE(told->udp_encapsulation);
  }
  EXPECT_EQ(record(right()).remote, left_box().out({left_site.local, 4500}));
  EXPECT_EQ(esp_goes_to(right()), record(right()).remote);
}

TEST_F(NatTraversal, BothEndsMayBeBehindOne) {
  put_left_behind_nat();
  put_right_behind_nat();
  start();
  bring_up();
  for (auto* node : {&left(), &right()}) EXPECT_EQ(record(*node).nat, (ike::NatSituation{true, true, true}));
  EXPECT_EQ(record(left()).remote, (Endpoint{right_box().outside(), 4500}));
  rekey_ike(right());
  rekey_child(right());
  expect_mirrored_child_sas(1);
  run(seconds(61));
  EXPECT_EQ(left().keepalives.size(), 3u);
  EXPECT_EQ(right().keepalives.size(), 3u);
}

TEST_F(NatTraversal, WithoutOneNothingChanges) {
  start();
  bring_up();
  EXPECT_EQ(record(left()).nat, (ike::NatSituation{true, false, false}));
  EXPECT_EQ(record(left()).local.port, 500);
  run(minutes(5));
  EXPECT_EQ(left().keepalives.size() + right().keepalives.size(), 0u);
  EXPECT_FALSE(left().engine.deadline().has_value());
}

// Keepalives.

TEST_F(NatTraversal, KeepalivesGoOutFromBehindTheNatOnly) {
  establish();
  run(seconds(100));
  ASSERT_EQ(left().keepalives.size(), 5u);
  EXPECT_EQ(left().keepalives.front().path, record(left()).path());
  EXPECT_EQ(left().engine.counters().keepalives_sent, 5u);
  EXPECT_EQ(right().keepalives.size(), 0u);
}

TEST_F(NatTraversal, KeepalivesAreNotSentWhileIkeSpeaks) {
  left_site.dpd_delay = seconds(15);
  establish();
  run(minutes(3));
  EXPECT_EQ(left().keepalives.size(), 0u);
}

TEST_F(NatTraversal, KeepalivesAreNotSentWhileEspGoesOut) {
  establish();
  const auto child = left().stack.child_sas().begin()->first;
  Instant last;
  for (int i = 0; i < 30; ++i) {
    run(seconds(7));
    last = world.now();
    left().stack.sent_over(child, last);
  }
  EXPECT_EQ(left().keepalives.size(), 0u);
  run(last + seconds(20) - world.now() - milliseconds(1));
  EXPECT_EQ(left().keepalives.size(), 0u);
  run(milliseconds(3));
  EXPECT_EQ(left().keepalives.size(), 1u);
}

TEST_F(NatTraversal, KeepalivesAreOneForAllThatIsOnThePath) {
  left_site.more_children = right_site.more_children = {"lan2", "lan3"};
  establish();
  for (const auto* child : {"lan2", "lan3"}) ask(left(), ike::Initiate{ControlId{5}, "net", child, {}, {}});
  expect_mirrored_child_sas(3);
  rekey_ike(left());
  const auto before = left().keepalives.size();
  run(seconds(80));
  EXPECT_EQ(left().keepalives.size() - before, 4u);
}

TEST_F(NatTraversal, KeepalivesEndWithTheIkeSa) {
  establish();
  ask(left(), ike::TerminateIke{ControlId{6}, established_id(left()), false}, minutes(2));
  EXPECT_EQ(left().keepalives.size(), 0u);
  EXPECT_EQ(left().engine.footprint().kept_paths, 0u);
  EXPECT_FALSE(left().engine.deadline().has_value());
}

TEST_F(NatTraversal, KeepalivesCanBeTurnedOff) {
  ike::Options options;
  options.keep_alive = {};
  world.set_options(options);
  establish();
  run(minutes(2));
  EXPECT_EQ(left().keepalives.size(), 0u);
}

TEST_F(NatTraversal, H08_what_looks_like_a_keepalive_creates_nothing_and_is_not_answered) {
  establish();
  const auto before = right().engine.footprint();
  const auto sent = right().engine.counters().sent;
  for (const std::size_t size : {0u, 1u, 2u, 8u, 9u, 28u, 100u, 1500u})
    for (const auto& from :
         {record(right()).remote, Endpoint{left_box().outside(), 9}, Endpoint{right_site.remote, 500}})
      world.inject(right(), {record(right()).local, from, Octets(size, 0xff)});
  EXPECT_EQ(right().engine.footprint(), before);
  EXPECT_EQ(right().engine.counters().sent, sent);
  EXPECT_EQ(moves(right()), 0u);
}

// Mappings that change.

TEST_F(NatTraversal, ANewRequestFromAnotherPortMovesTheIkeSaAndItsChildSas) {
  left_site.more_children = right_site.more_children = {"lan2"};
  establish();
  ask(left(), ike::Initiate{ControlId{5}, "net", "lan2", {}, {}});
  const auto old = record(right()).remote;
  left_box().reboot();
  rekey_child(left());
  const auto now = left_box().out({left_site.local, 4500});
  ASSERT_NE(now, old);
  EXPECT_EQ(record(right()).remote, now);
  EXPECT_EQ(esp_goes_to(right()), now);
  const auto* moved = right().last<ike::IkeSaMoved>();
  ASSERT_NE(moved, nullptr);
  EXPECT_EQ(moved->from, (ike::Path{record(right()).local, old}));
  EXPECT_EQ(moved->to, (ike::Path{record(right()).local, now}));
  EXPECT_EQ(moves(right()), 1u);
  EXPECT_EQ(right().engine.counters().peer_moves, 1u);
  expect_mirrored_child_sas(2);
  rekey_child(right());
  expect_mirrored_child_sas(2);
}

TEST_F(NatTraversal, AnotherAddressDoesToo) {
  establish();
  left_box().change_address("198.51.100.99");
  rekey_ike(left());
  EXPECT_EQ(record(right()).remote.address, left_box().outside());
  EXPECT_EQ(esp_goes_to(right()), record(right()).remote);
}

TEST_F(NatTraversal, ANewResponseFromAnotherPortMovesItToo) {
  establish();
  world.control(right(), ike::RekeyChild{ControlId{8}, right().stack.child_sas().begin()->first});
  // The request gets through, and then the NAT forgets.
  passes = [&](Node& to, ike::Datagram&) {
    if (&to == &left()) left_box().reboot();
    return true;
  };
  run(milliseconds(5));
  passes = nullptr;
  run(seconds(15));
  EXPECT_GE(moves(right()), 1u);
  EXPECT_EQ(record(right()).remote, left_box().out({left_site.local, 4500}));
  expect_mirrored_child_sas(1);
}

TEST_F(NatTraversal, ARequestOfOursThatWaitsGoesToTheNewEndpointAtOnce) {
  establish();
  left_box().reboot();
  ask(right(), ike::RekeyChild{ControlId{8}, right().stack.child_sas().begin()->first}, seconds(20));
  EXPECT_EQ(moves(right()), 0u);
  // The stack hears of the peer; what waits must not wait for the end of its interval.
  const auto now = left_box().out({left_site.local, 4500});
  world.stack_event(right(), ipsec::PeerMoved{right().stack.child_sas().begin()->first, now});
  run(milliseconds(10));
  EXPECT_EQ(right().count<ike::ChildSaRekeyed>(), 1u);
  EXPECT_EQ(esp_goes_to(right()), now);
}

TEST_F(NatTraversal, EspFromAnotherPortMovesItToo) {
  establish();
  left_box().reboot();
  const auto now = left_box().out({left_site.local, 4500});
  world.stack_event(right(), ipsec::PeerMoved{right().stack.child_sas().begin()->first, now});
  EXPECT_EQ(record(right()).remote, now);
  EXPECT_EQ(esp_goes_to(right()), now);
  // What still comes the old way tells nothing new at once, and an SA that is not there tells nothing.
  world.stack_event(right(), ipsec::PeerMoved{ChildSaId{4711}, {left_box().outside(), 1}});
  EXPECT_EQ(moves(right()), 1u);
}

TEST_F(NatTraversal, EspMovesItOncePerSecondAtMost) {
  establish();
  const auto child = right().stack.child_sas().begin()->first;
  for (std::uint16_t i = 0; i < 1000; ++i) {
    world.stack_event(right(),
                      ipsec::PeerMoved{child, {left_box().outside(), static_cast<std::uint16_t>(1000 + i % 2)}});
    run(milliseconds(10));
  }
  EXPECT_LE(moves(right()), 11u);
  EXPECT_GE(moves(right()), 5u);
}

TEST_F(NatTraversal, WhoIsNotBehindANatIsNotFollowed) {
  start();
  bring_up();
  const auto before = record(right()).remote;
  passes = [&](Node& to, ike::Datagram& datagram) {
    if (&to == &right()) datagram.remote.port = 1234;
    return true;
  };
  world.control(left(), ike::RekeyChild{ControlId{8}, left().stack.child_sas().begin()->first});
  run(milliseconds(100));
  EXPECT_EQ(record(right()).remote, before);
  EXPECT_EQ(moves(right()), 0u);
  world.stack_event(right(), ipsec::PeerMoved{right().stack.child_sas().begin()->first, {before.address, 1234}});
  EXPECT_EQ(moves(right()), 0u);
}

TEST_F(NatTraversal, AnAnswerGoesToWhereItsRequestCameFrom) {
  start();
  bring_up();
  passes = [&](Node& to, ike::Datagram& datagram) {
    if (&to == &right()) datagram.remote.port = 1234;
    return true;
  };
  std::set<std::uint16_t> ports;
  world.set_observer([&](World& w) {
    if (w.last_step().node != &right()) return;
    for (const auto& datagram : w.last_step().sent) ports.insert(datagram.remote.port);
  });
  ask(left(), ike::RekeyChild{ControlId{8}, left().stack.child_sas().begin()->first}, milliseconds(100));
  EXPECT_EQ(ports, std::set<std::uint16_t>{1234});
}

/// RFC 7296 §2.23: what comes through our own NAT from somewhere else proves little; only who can always be reached may follow.
TEST_F(NatTraversal, TheOneThatSpokeFirstFromBehindANatStaysWithThePeersEndpoint) {
  put_left_behind_nat();
  put_right_behind_nat();
  start();
  bring_up();
  const auto before = record(left()).remote;
  passes = [&](Node& to, ike::Datagram& datagram) {
    if (&to == &left()) datagram.remote.port = 1234;
    return true;
  };
  rekey_child(left());
  EXPECT_EQ(record(left()).remote, before);
  EXPECT_EQ(moves(left()), 0u);
  passes = nullptr;
  // The other one is reached through a forwarded port, whatever it sends.
  left_box().reboot();
  rekey_child(left());
  EXPECT_EQ(moves(right()), 1u);
  EXPECT_EQ(record(right()).remote, left_box().out({left_site.local, 4500}));
  rekey_ike(left());
  left_box().reboot();
  rekey_child(left());
  EXPECT_EQ(moves(right()), 2u);
}

TEST_F(NatTraversal, H07_a_replayed_old_packet_from_a_new_port_moves_nothing) {
  establish();
  rekey_child(left());
  rekey_child(left());
  rekey_ike(right());
  rekey_child(left());
  const auto before = record(right()).remote;
  const auto all = deliveries;
  for (const auto& delivery : all) {
    auto replayed = delivery.datagram;
    replayed.remote = {left_box().outside(), 666};
    world.inject(*delivery.to, std::move(replayed));
  }
  run(seconds(5));
  EXPECT_EQ(record(right()).remote, before);
  EXPECT_EQ(esp_goes_to(right()), before);
  EXPECT_EQ(moves(right()) + moves(left()), 0u);
}

TEST_F(NatTraversal, H07_a_forged_packet_from_a_new_port_moves_nothing) {
  establish();
  rekey_child(left());
  const auto before = record(right()).remote;
  // The next message ID, and every octet of it wrong in turn.
  const auto good = last_request_to(right());
  for (std::size_t i = 0; i < good.octets.size(); ++i) {
    auto forged = good;
    forged.octets[23] = static_cast<std::uint8_t>(forged.octets[23] + 1);
    forged.octets[i] ^= 0x40;
    forged.remote.port = 666;
    world.inject(right(), std::move(forged));
  }
  EXPECT_EQ(record(right()).remote, before);
  EXPECT_EQ(moves(right()), 0u);
  EXPECT_GT(right().engine.counters().not_authentic, 30u);
}

TEST_F(NatTraversal, ARetransmissionFromAnotherPortIsAnsweredThereAndMovesNothing) {
  establish();
  const auto before = record(right()).remote;
  // The answer is lost; then the NAT gives another port to the same request.
  bool lost = false;
  passes = [&](Node& to, ike::Datagram& datagram) {
    if (&to != &left() || lost || !wire::parse_header(datagram.octets)->response) return true;
    lost = true;
    left_box().reboot();
    return false;
  };
  world.control(left(), ike::RekeyChild{ControlId{8}, left().stack.child_sas().begin()->first});
  run(milliseconds(700));
  EXPECT_GE(right().engine.counters().retransmissions_answered, 1u);
  EXPECT_EQ(left().count<ike::ChildSaRekeyed>(), 1u);
  run(seconds(15));
  // The Delete of the old Child SA was the next new message.
  EXPECT_NE(record(right()).remote, before);
  EXPECT_EQ(moves(right()), 1u);
  expect_mirrored_child_sas(1);
}

TEST_F(NatTraversal, TheHeirKeepsEndpointsAndNatFacts) {
  establish();
  left_box().reboot();
  rekey_ike(left());
  EXPECT_EQ(moves(right()), 1u);
  left_box().reboot();
  rekey_ike(left());
  rekey_ike(right());
  EXPECT_EQ(moves(right()), 2u);
  EXPECT_EQ(record(right()).nat, (ike::NatSituation{true, false, true}));
  EXPECT_EQ(record(left()).nat, (ike::NatSituation{true, true, false}));
  EXPECT_EQ(record(right()).remote, left_box().out({left_site.local, 4500}));
  EXPECT_EQ(esp_goes_to(right()), record(right()).remote);
  left_box().reboot();
  rekey_child(left());
  EXPECT_EQ(moves(right()), 3u);
  EXPECT_EQ(esp_goes_to(right()), left_box().out({left_site.local, 4500}));
  const auto before = left().keepalives.size();
  run(seconds(60));
  EXPECT_EQ(left().keepalives.size() - before, 3u);
}

TEST_F(NatTraversal, ReauthenticationFromTheOtherEndReachesThePeerBehindItsNat) {
  establish();
  reauthenticate_from_the_right();
}

TEST_F(NatTraversal, ReauthenticationFromTheOtherEndWorksBetweenTwoNats) {
  put_right_behind_nat();
  establish();
  reauthenticate_from_the_right();
}

/// Which notify is altered, and whether that of the response.
class AlteredHash : public NatTraversal, public ::testing::WithParamInterface<std::tuple<NotifyType, bool>> {};

/// A NAT is then seen that is not there, or the other way round; but each end signs what it sent.
TEST_P(AlteredHash, H07_ends_in_an_authentication_failure) {
  const auto [type, in_response] = GetParam();
  start();
  passes = [&](Node& to, ike::Datagram& datagram) {
    const auto message = wire::parse_message(datagram.octets);
    if (message->header.exchange != ExchangeType::IKE_SA_INIT || (&to == &left()) != in_response) return true;
    const auto hash = ike::PayloadSet(message->clear.payloads).notify(type)->data;
    *std::ranges::search(datagram.octets, hash).begin() ^= 1;
    return true;
  };
  world.control(left(), ike::Initiate{ControlId{77}, "net", "lan", {}, {}});
  run(seconds(60));
  EXPECT_EQ(refusal_code(left()), RefusalCode::authentication_failed);
  EXPECT_EQ(child_sas(left()) + child_sas(right()), 0u);
  EXPECT_EQ(left().engine.footprint().kept_paths + right().engine.footprint().kept_paths, 0u);
}
INSTANTIATE_TEST_SUITE_P(InTheClear, AlteredHash,
                         ::testing::Combine(::testing::Values(NotifyType::NAT_DETECTION_SOURCE_IP,
                                                              NotifyType::NAT_DETECTION_DESTINATION_IP),
                                            ::testing::Bool()));

TEST_F(NatTraversal, TheSizeThatWasFoundForThePathIsForgottenWithIt) {
  for (unsigned i = 0; i < 60; ++i) {
    const auto network = [i](const char* start) {
      return prefix_of(*IpAddress::parse(start + std::to_string(2 * i) + ".0"), 24);
    };
    left_site.more_local.push_back(network("10.3."));
    left_site.more_remote.push_back(network("10.4."));
  }
  right_site.more_local = left_site.more_remote;
  right_site.more_remote = left_site.more_local;
  put_left_behind_nat();
  start();
  passes = [](Node&, ike::Datagram& datagram) { return datagram.octets.size() <= 600; };
  world.control(left(), ike::Initiate{ControlId{77}, "net", "lan", {}, {}});
  run(minutes(2));
  ASSERT_FALSE(refusal(left()).has_value());
  const auto threshold = [&] { return established(right())->parts().channel.fragmentation().threshold; };
  EXPECT_GT(threshold(), 0u);
  EXPECT_LT(threshold(), 700u);
  passes = nullptr;
  left_box().reboot();
  world.stack_event(
      right(), ipsec::PeerMoved{right().stack.child_sas().begin()->first, left_box().out({left_site.local, 4500})});
  EXPECT_EQ(threshold(), 0u);
}

}  // namespace
}  // namespace keypact::sim
