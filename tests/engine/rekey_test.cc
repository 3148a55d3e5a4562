// Rekeying of Child and IKE SAs by one end, by both at once, by time, and reauthentication. RFC 7296 §1.3.2, §1.3.3, §2.8, §2.25.
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;

class Rekeying : public Ladder {
 protected:
  void use_no_key_exchange_of_child_sas() {
    for (auto* site : {&left_site, &right_site}) {
      site->esp_proposals = {{ProtocolId::ESP,
                              {encryption(EncryptionId::ENCR_AES_GCM_16, 256),
                               sequence_numbers(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT)}}};
    }
  }
  void establish() {
    use_no_key_exchange_of_child_sas();
    start();
    initiate();
    ASSERT_FALSE(refusal(left()).has_value());
    mark_ladder();
  }
  static ChildSaId only_child(Node& node) { return established(node)->children().begin()->first; }
  void rekey_child(Node& node, std::uint64_t request = 1) {
    world.control(node, ike::RekeyChild{ControlId{request}, only_child(node)});
  }
  void rekey_ike(Node& node, std::uint64_t request = 1) {
    world.control(node, ike::RekeyIke{ControlId{request}, established_id(node), false});
  }
  /// One IKE SA and one Child SA at each end, and nothing else, once stragglers have come.
  void expect_one_tunnel() {
    world.run_for(seconds(20));
    for (auto* node : {&left(), &right()}) {
      EXPECT_EQ(established_ike_sas(*node), 1u) << node->name;
    }
    expect_mirrored_child_sas(1);
  }
  static ike::RekeyIke rekeying_of_ike_sa(Node& node) { return {ControlId{2}, established_id(node), false}; }
  /// Both ends ask at once, in worlds whose nonces differ; then `check` looks at each end.
  template <typename Request, typename Check>
  void both_at_once(const Request& request_of, Duration afterwards, const Check& check,
                    const std::function<Fate(const InFlight&)>& judge = {}) {
    in_six_worlds([&](World& fresh, Node& one, Node& other) {
      fresh.set_judge(judge);
      for (auto* node : {&one, &other}) fresh.control(*node, request_of(*node));
      fresh.run_for(milliseconds(300));
      fresh.set_judge({});
      fresh.run_for(afterwards);
      for (auto* node : {&one, &other}) check(*node);
    });
  }
};

TEST_F(Rekeying, ATerminationThatWaitsForTheRekeyingOfTheIkeSaEndsTheTunnel) {
  establish();
  const auto ike_sa = established_id(left());
  rekey_ike(left());
  world.run_for(microseconds(500));
  world.control(left(), ike::TerminateIke{ControlId{2}, ike_sa, false});
  world.run_for(seconds(20));
  EXPECT_EQ(outcome(left(), ControlId{2}), std::nullopt);
  expect_mirrored_child_sas(0);
  for (auto* node : {&left(), &right()}) EXPECT_EQ(established(*node), nullptr) << node->name;
}

TEST_F(Rekeying, ReplacesAChildSaAndThenDeletesTheOldOne) {
  establish();
  const auto old = only_child(left());
  rekey_child(left());
  world.run_for(seconds(1));
  EXPECT_EQ(ladder_since_mark(),
            (std::vector<std::string>{"left  CREATE_CHILD_SA request 2  HDR, SK {N(REKEY_SA), SA, Ni, TSi, TSr}",
                                      "right  CREATE_CHILD_SA response 2  HDR, SK {SA, Nr, TSi, TSr}",
                                      "left  INFORMATIONAL request 3  HDR, SK {D}",
                                      "right  INFORMATIONAL response 3  HDR, SK {D}"}));
  EXPECT_EQ(outcome(left(), ControlId{1}), std::nullopt);
  const auto* rekeyed = left().last<ike::ChildSaRekeyed>();
  ASSERT_NE(rekeyed, nullptr);
  EXPECT_EQ(rekeyed->old, old);
  EXPECT_EQ(left().count<ike::ChildSaDown>(), 0u) << "the tunnel was never down";
  EXPECT_EQ(child_sas(left()), 2u) << "stragglers are still accepted";
  expect_one_tunnel();
}

TEST_F(Rekeying, TheResponderSendsOnTheOldSaUntilItIsDeleted) {
  establish();
  world.set_judge([](const InFlight& flight) {
    return wire::parse_header(flight.datagram.octets)->exchange == ExchangeType::INFORMATIONAL ? Fate::drop
                                                                                               : Fate::deliver;
  });
  rekey_child(left());
  world.run_for(milliseconds(400));
  ASSERT_EQ(child_sas(right()), 2u);
  const auto& fresh = right().stack.child_sas().rbegin()->second;
  EXPECT_FALSE(fresh.use_outbound);
  world.set_judge({});
  world.run_for(seconds(2));
  EXPECT_TRUE(right().stack.child_sas().rbegin()->second.use_outbound);
}

TEST_F(Rekeying, OfOneChildSaByBothEndsAtOnceLeavesTheOneOfTheHigherNonces) {
  both_at_once([](Node& node) { return ike::RekeyChild{ControlId{2}, only_child(node)}; }, seconds(30),
               [](Node& node) {
                 EXPECT_EQ(outcome(node, ControlId{2}), std::nullopt);
                 EXPECT_EQ(child_sas(node), 1u);
                 EXPECT_EQ(node.count<ike::ChildSaDown>(), 0u);
                 EXPECT_EQ(node.count<ike::ChildSaRekeyed>(), 1u);
               });
}

TEST_F(Rekeying, OfAChildThatBothEndsCreatedAtOnceWaitsUntilOneOfTheTwoIsLeft) {
  use_no_key_exchange_of_child_sas();
  left_site.child_rekey_time = seconds(60);
  in_six_worlds([&](World& fresh, Node& one, Node& other) {
    fresh.control(one, ike::TerminateChild{ControlId{2}, only_child(one)});
    fresh.run_for(seconds(1));
    // The right end hears nothing of the creation that the left end begins for longer than its own Child SA lives.
    fresh.set_judge([](const InFlight& flight) {
      const auto header = *wire::parse_header(flight.datagram.octets);
      return !header.response && flight.from.name == "left" ? Fate::drop : Fate::deliver;
    });
    for (auto* node : {&one, &other}) fresh.control(*node, ike::Initiate{ControlId{3}, "net", "lan", {}, {}});
    fresh.run_for(seconds(90));
    fresh.set_judge({});
    fresh.run_for(seconds(40));
    for (const auto* node : {&one, &other}) EXPECT_EQ(node->stack.child_sas().size(), 1u) << node->name;
  });
}

TEST_F(Rekeying, ATerminationOfWhatIsBeingReplacedEndsWhatReplacesIt) {
  establish();
  const auto child = only_child(left());
  rekey_child(left());
  world.control(left(), ike::TerminateChild{ControlId{2}, child});
  world.run_for(minutes(1));
  EXPECT_EQ(outcome(left(), ControlId{1}), std::nullopt);
  EXPECT_EQ(outcome(left(), ControlId{2}), std::nullopt);
  EXPECT_EQ(child_sas(left()) + child_sas(right()), 0u);
}

TEST_F(Rekeying, OfWhatTheOtherEndIsDeletingIsRefusedForTheMoment) {
  establish();
  world.control(right(), ike::TerminateChild{ControlId{1}, only_child(right())});
  rekey_child(left(), 2);
  world.run_for(seconds(60));
  EXPECT_EQ(outcome(right(), ControlId{1}), std::nullopt);
  EXPECT_EQ(child_sas(left()) + child_sas(right()), 0u);
}

TEST_F(Rekeying, ReplacesTheIkeSaAndItsChildSasStay) {
  establish();
  const auto spis = established(left())->children().begin()->second.inbound_spi;
  rekey_ike(left());
  world.run_for(seconds(1));
  EXPECT_EQ(ladder_since_mark(), (std::vector<std::string>{"left  CREATE_CHILD_SA request 2  HDR, SK {SA, Ni, KEi}",
                                                           "right  CREATE_CHILD_SA response 2  HDR, SK {SA, Nr, KEr}",
                                                           "left  INFORMATIONAL request 3  HDR, SK {D}",
                                                           "right  INFORMATIONAL response 3  HDR, SK {}"}));
  EXPECT_EQ(outcome(left(), ControlId{1}), std::nullopt);
  EXPECT_EQ(left().count<ike::IkeSaRekeyed>(), 1u);
  EXPECT_EQ(left().count<ike::IkeSaClosed>() + left().count<ike::ChildSaDown>(), 0u);
  world.run_for(minutes(1));
  expect_one_tunnel();
  EXPECT_EQ(established(left())->children().begin()->second.inbound_spi, spis);
  // RFC 7296 §2.2: message IDs begin at 0 again.
  mark_ladder();
  rekey_child(right());
  world.run_for(seconds(1));
  EXPECT_EQ(ladder_since_mark().front(), "right  CREATE_CHILD_SA request 0  HDR, SK {N(REKEY_SA), SA, Ni, TSi, TSr}");
  expect_one_tunnel();
}

TEST_F(Rekeying, OfTheIkeSaByBothEndsAtOnceLeavesOne) {
  both_at_once(rekeying_of_ike_sa, minutes(2), [](Node& node) {
    EXPECT_EQ(outcome(node, ControlId{2}), std::nullopt);
    EXPECT_EQ(child_sas(node), 1u);
    EXPECT_EQ(node.engine.ike_sas().size(), 1u);
    EXPECT_EQ(node.count<ike::ChildSaDown>() + node.count<ike::IkeSaClosed>(), 0u);
  });
}

TEST_F(Rekeying, OfTheIkeSaWhileTheOtherEndCreatesAChildIsRefusedForTheMomentAndTriedAgain) {
  for (auto* site : {&left_site, &right_site}) site->more_children = {"lan2"};
  establish();
  world.control(right(), ike::Initiate{ControlId{1}, "net", "lan2", {}, {}});
  rekey_ike(left(), 2);
  world.run_for(minutes(1));
  EXPECT_EQ(outcome(right(), ControlId{1}), std::nullopt);
  EXPECT_EQ(left().count<ike::IkeSaRekeyed>(), 1u);
  expect_mirrored_child_sas(2);
}

TEST_F(Rekeying, ComesByTimeFromBothEnds) {
  for (auto* site : {&left_site, &right_site}) {
    site->child_rekey_time = seconds(60);
    site->ike_rekey_time = seconds(200);
  }
  establish();
  world.run_for(minutes(30));
  EXPECT_GE(left().count<ike::ChildSaRekeyed>(), 25u);
  EXPECT_GE(left().count<ike::IkeSaRekeyed>(), 8u);
  EXPECT_EQ(left().count<ike::ChildSaDown>() + right().count<ike::ChildSaDown>(), 0u);
}

TEST_F(Rekeying, ByReauthenticationMakesBeforeItBreaks) {
  establish();
  world.control(left(), ike::RekeyIke{ControlId{1}, established_id(left()), true});
  world.run_for(seconds(5));
  EXPECT_EQ(child_sas(left()), 2u) << "both, for the moment";
  EXPECT_TRUE(left().stack.child_sas().rbegin()->second.use_outbound);
  EXPECT_FALSE(right().stack.child_sas().rbegin()->second.use_outbound) << "the left side may not have it yet";
  EXPECT_EQ(outcome(left(), ControlId{1}), std::nullopt);
  world.run_for(minutes(1));
  expect_one_tunnel();
}

TEST_F(Rekeying, ByReauthenticationAcceptsForAMomentWhatWasSentOnTheOldSa) {
  establish();
  const auto old = only_child(left());
  world.control(left(), ike::RekeyIke{ControlId{1}, established_id(left()), true});
  while (right().count<ike::IkeSaClosed>() == 0) world.run_for(milliseconds(100));
  ASSERT_EQ(child_sas(right()), 2u) << "the inbound SA is still there";
  EXPECT_FALSE(right().stack.child_sas().begin()->second.use_outbound) << "and nothing is sent on it";
  world.run_for(ike::Stragglers::kLife + seconds(1));
  EXPECT_EQ(child_sas(right()), 1u);
  EXPECT_FALSE(left().stack.child_sas().contains(old));
}

TEST_F(Rekeying, LeavesNoStragglersWhenTheLastSaOfThePolicyGoes) {
  establish();
  world.control(left(), ike::RekeyIke{ControlId{1}, established_id(left()), true});
  while (right().count<ike::IkeSaClosed>() == 0) world.run_for(milliseconds(100));
  world.control(left(), ike::TerminateIke{ControlId{2}, established_id(left()), false});
  world.run_for(milliseconds(300));
  EXPECT_EQ(child_sas(left()) + child_sas(right()), 0u);
}

TEST_F(Rekeying, ByReauthenticationDeletesAnOldIkeSaThatNoMessageWentOver) {
  establish();
  rekey_ike(left());
  world.run_for(seconds(1));
  mark_ladder();
  world.control(left(), ike::RekeyIke{ControlId{2}, established_id(left()), true});
  world.run_for(minutes(1));
  EXPECT_EQ(outcome(left(), ControlId{2}), std::nullopt);
  const auto messages = ladder_since_mark();
  EXPECT_EQ(std::ranges::count_if(messages, [](const auto& line) { return line.ends_with("HDR, SK {D}"); }), 1)
      << "the rekeyed one was in use, although nothing was said on it: the peer hears of its end";
  expect_one_tunnel();
}

TEST_F(Rekeying, ByReauthenticationOfAnIkeSaWhoseChildIsBeingInstalledTakesTheChildAlong) {
  establish();
  Faults slow_stack;
  slow_stack.most_stack_delay = milliseconds(20);
  world.set_faults(slow_stack);
  world.control(right(), ike::RekeyIke{ControlId{2}, established_id(right()), true});
  IkeSaId fresh;
  while (!fresh && world.step(world.now() + seconds(5)))
    for (const auto& [id, sa] : left().engine.ike_sas())
      if (sa.established() != nullptr && !sa.record().initiator) fresh = id;
  ASSERT_TRUE(fresh);
  ASSERT_TRUE(std::ranges::none_of(left().engine.ike_sas().at(fresh).established()->children(),
                                   [](const auto& entry) { return entry.second.is_current(); }));
  mark_ladder();
  world.control(left(), ike::RekeyIke{ControlId{3}, fresh, true});
  expect_one_tunnel();
  EXPECT_EQ(outcome(left(), ControlId{3}), std::nullopt);
  for (const auto& line : ladder_since_mark()) {
    EXPECT_EQ(line.find("CREATE_CHILD_SA"), std::string::npos) << line;
    EXPECT_TRUE(line.find("IKE_AUTH request") == std::string::npos || line.find("TSi") != std::string::npos) << line;
  }
}

TEST_F(Rekeying, ByReauthenticationsThatOnlyOneEndTakesForACollisionLeavesOneTunnel) {
  // The right end renews what it has just agreed to, and its request overtakes its response: the left end sees two at once.
  in_six_worlds([&](World& fresh, Node& one, Node& other) {
    fresh.set_judge([&](const InFlight& flight) {
      const auto header = *wire::parse_header(flight.datagram.octets);
      return header.response && header.exchange == ExchangeType::IKE_AUTH ? Fate::hold : Fate::deliver;
    });
    fresh.control(one, ike::RekeyIke{ControlId{2}, established_id(one), true});
    fresh.run_for(milliseconds(50));
    ASSERT_EQ(established_ike_sas(other), 2u);
    fresh.control(other, ike::RekeyIke{ControlId{3}, other.engine.ike_sas().rbegin()->first, true});
    fresh.run_for(milliseconds(2));
    fresh.set_judge({});
    fresh.release_held();
    fresh.run_for(minutes(1));
    for (auto* node : {&one, &other}) {
      EXPECT_EQ(established_ike_sas(*node), 1u) << node->name;
      EXPECT_EQ(child_sas(*node), 1u) << node->name;
    }
  });
}

TEST_F(Rekeying, SetUpFromBothEndsAtOnceBecomesOneTunnel) {
  start();
  for (auto* node : {&left(), &right()}) world.control(*node, ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
  world.run_for(minutes(1));
  EXPECT_EQ(outcome(left(), ControlId{1}), std::nullopt);
  EXPECT_EQ(outcome(right(), ControlId{1}), std::nullopt);
  expect_one_tunnel();
}

TEST_F(Rekeying, AnSaThatMayCarryNothingMoreIsReplacedFromScratch) {
  establish();
  world.stack_event(left(), ipsec::ChildSaExpired{only_child(left()), true});
  world.run_for(seconds(10));
  expect_one_tunnel();
}

TEST_F(Rekeying, OfAChildThatThePeerHasLostCreatesItAnew) {
  establish();
  world.control(right(), ike::TerminateChild{ControlId{1}, only_child(right())});
  // The Delete is lost for good, as far as the left side can see.
  world.set_judge([&](const InFlight& flight) { return &flight.from == &right() ? Fate::hold : Fate::deliver; });
  world.run_for(milliseconds(100));
  rekey_child(left(), 2);
  world.run_for(milliseconds(100));
  world.set_judge({});
  world.release_held();
  world.run_for(minutes(1));
  EXPECT_EQ(child_sas(left()), child_sas(right()));
}

TEST_F(Rekeying, OfTheIkeSaByBothEndsEndsTheOneThatGaveWayAlthoughTheOldOneIsDeletedBeforeItsKeysAreThere) {
  unsigned gave_way = 0;
  in_six_worlds([&](World& fresh, Node& slow, Node& fast) {
    for (auto* node : {&slow, &fast}) fresh.control(*node, rekeying_of_ike_sa(*node));
    fresh.run_for(microseconds(500));
    slow.job_cost = milliseconds(5);
    fresh.run_for(seconds(3));
    gave_way += slow.engine.ike_sas().at(established_id(slow)).record().initiator ? 0 : 1;
    for (auto* node : {&slow, &fast}) {
      EXPECT_EQ(outcome(*node, ControlId{2}), std::nullopt) << node->name;
      EXPECT_EQ(established_ike_sas(*node), 1u) << node->name;
      EXPECT_EQ(child_sas(*node), 1u) << node->name;
    }
  });
  EXPECT_GT(gave_way, 0u) << "not once was it the slow one";
}

TEST_F(Rekeying, OfTheIkeSaByBothEndsLeavesNothingWhenThePeerNeverHeardOfTheOneThatGaveWay) {
  // What strongSwan does when a response comes while it handles a request with the same message ID: it does not read it. The Delete
  // of the old IKE SA then ends its own rekeying.
  const auto unread = [](const InFlight& flight) {
    const auto header = *wire::parse_header(flight.datagram.octets);
    const bool is_it =
        flight.from.name == "left" && header.response && header.exchange == ExchangeType::CREATE_CHILD_SA;
    return is_it ? Fate::drop : Fate::deliver;
  };
  both_at_once(
      rekeying_of_ike_sa, seconds(12),
      [](Node& node) {
        EXPECT_EQ(established_ike_sas(node), 1u) << node.name;
        EXPECT_EQ(child_sas(node), 1u) << node.name;
      },
      unread);
}

TEST_F(Rekeying, H13_ComesBeforeTheMessageIdsOfEitherEndAreUsedUp) {
  ike::Options few;
  few.message_ids = 12;
  world.set_options(few);
  left_site.dpd_delay = seconds(5);
  establish();
  world.run_for(minutes(10));
  for (auto* node : {&left(), &right()}) {
    EXPECT_GE(node->count<ike::IkeSaRekeyed>(), 8u) << node->name;
    EXPECT_LE(established(*node)->last_response().expected_id(), 14u) << node->name;
    EXPECT_EQ(node->count<ike::IkeSaClosed>(), 0u) << node->name;
  }
  expect_one_tunnel();
}

/// strongSwan derives other keys than RFC 7296 §2.18 says when the PRF changes: a rekeying keeps it.
class RekeyingPrf : public Rekeying {
 protected:
  static Proposal suite(PrfId id) {
    return {ProtocolId::IKE,
            {encryption(EncryptionId::ENCR_AES_GCM_16, 256), prf(id), key_exchange(KeyExchangeMethod::CURVE25519)}};
  }
  static PrfId prf_in_use(Node& node) {
    return static_cast<PrfId>(established(node)->parts().proposal.of_type(TransformType::PRF).front().id);
  }
};

TEST_F(RekeyingPrf, StaysWhatItIsAlthoughTheEndsPreferOthers) {
  using enum PrfId;
  left_site.ike_proposals = {suite(PRF_HMAC_SHA2_256), suite(PRF_HMAC_SHA2_384)};
  right_site.ike_proposals = {suite(PRF_HMAC_SHA2_384), suite(PRF_HMAC_SHA2_256)};
  establish();
  ASSERT_EQ(prf_in_use(left()), PRF_HMAC_SHA2_384) << "the responder chooses";
  rekey_ike(right());
  world.run_for(seconds(1));
  EXPECT_EQ(prf_in_use(left()), PRF_HMAC_SHA2_384) << "as responder";
  rekey_ike(left(), 2);
  world.run_for(seconds(1));
  EXPECT_EQ(prf_in_use(right()), PRF_HMAC_SHA2_384) << "as initiator";
  expect_one_tunnel();
}

TEST_F(RekeyingPrf, ChangesWhenTheOldOneIsNotConfiguredAnyMore) {
  using enum PrfId;
  left_site.ike_proposals = right_site.ike_proposals = {suite(PRF_HMAC_SHA2_256)};
  establish();
  left_site.ike_proposals = right_site.ike_proposals = {suite(PRF_HMAC_SHA2_384)};
  world.configure(left(), left_site.snapshot());
  world.configure(right(), right_site.snapshot());
  rekey_ike(left());
  world.run_for(seconds(1));
  EXPECT_EQ(outcome(left(), ControlId{1}), std::nullopt);
  EXPECT_EQ(prf_in_use(left()), PRF_HMAC_SHA2_384);
  rekey_ike(right(), 2);
  world.run_for(seconds(1));
  EXPECT_EQ(outcome(right(), ControlId{2}), std::nullopt) << "both ends have the same keys";
  expect_one_tunnel();
}

}  // namespace
}  // namespace keypact::sim
