// Additional key exchanges of Child SAs and of rekeyed IKE SAs, which IKE_FOLLOWUP_KE exchanges carry. RFC 9370 §2.2.4.
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using enum KeyExchangeMethod;
using ike::RefusalCode;

std::vector<Proposal> esp_with(std::vector<Transform> more) {
  Proposal proposal{ProtocolId::ESP,
                    {encryption(EncryptionId::ENCR_AES_GCM_16, 256), key_exchange(CURVE25519),
                     sequence_numbers(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT)}};
  std::ranges::move(more, std::back_inserter(proposal.transforms));
  return {proposal};
}

std::vector<Proposal> ike_with(std::vector<Transform> more) {
  Proposal proposal{
      ProtocolId::IKE,
      {encryption(EncryptionId::ENCR_AES_GCM_16, 256), prf(PrfId::PRF_HMAC_SHA2_256), key_exchange(CURVE25519)}};
  std::ranges::move(more, std::back_inserter(proposal.transforms));
  return {proposal};
}

const auto k448 = additional(TransformType::ADDKE1, CURVE448);
const auto kNone = additional(TransformType::ADDKE1, NONE);
const auto k384 = additional(TransformType::ADDKE2, ECP_384);

ExchangeType exchange_of(const InFlight& packet) { return wire::parse_header(packet.datagram.octets)->exchange; }

class FollowUps : public Ladder {
 protected:
  FollowUps() {
    for (auto* site : {&left_site, &right_site}) {
      site->ike_proposals = ike_with({k448, k384});
      site->esp_proposals = esp_with({k448});
      site->more_children = {"lan2"};
    }
  }
  void establish() {
    start();
    initiate();
    ASSERT_FALSE(refusal(left()).has_value());
    mark_ladder();
  }
  static ChildSaId only_child(Node& node) { return established(node)->children().begin()->first; }
  static ike::RekeyChild rekeying_of_child(Node& node) { return {ControlId{2}, only_child(node)}; }
  static ike::RekeyIke rekeying_of_ike_sa(Node& node) { return {ControlId{2}, established_id(node), false}; }
  /// One IKE SA and one Child SA at each end, and nothing else.
  void expect_one_tunnel() {
    world.run_for(seconds(30));
    for (auto* node : {&left(), &right()}) {
      EXPECT_EQ(node->engine.ike_sas().size(), 1u) << node->name;
      EXPECT_EQ(node->engine.footprint().esp_spis, 1u) << node->name;
      EXPECT_TRUE(established(*node)->is_idle()) << node->name;
    }
    expect_mirrored_child_sas(1);
  }
  /// Both ends ask at once, in worlds whose nonces differ, and afterwards one of the two series was gone on with.
  void expect_one_of_both_at_once(const std::function<ike::ControlRequest(Node&)>& request_of, std::size_t follow_ups,
                                  Duration job_delay) {
    in_six_worlds([&](World& fresh, Node& one, Node& other) {
      std::set<std::string> who;
      std::size_t count = 0;
      fresh.set_judge([&](const InFlight& packet) {
        if (exchange_of(packet) == ExchangeType::IKE_FOLLOWUP_KE &&
            !wire::parse_header(packet.datagram.octets)->response) {
          who.insert(packet.from.name);
          ++count;
        }
        return Fate::deliver;
      });
      fresh.set_faults({.least_delay = milliseconds(10), .most_delay = milliseconds(10), .most_job_delay = job_delay});
      for (auto* node : {&one, &other}) fresh.control(*node, request_of(*node));
      fresh.run_for(seconds(5));
      for (auto* node : {&one, &other})
        EXPECT_TRUE(established(*node)->is_idle()) << node->name << " waits for nothing";
      fresh.run_for(minutes(1));
      EXPECT_EQ(who.size(), 1u) << "whose exchange has the lowest nonce begins none";
      EXPECT_EQ(count, follow_ups);
      for (auto* node : {&one, &other}) {
        SCOPED_TRACE(node->name);
        EXPECT_EQ(outcome(*node, ControlId{2}), std::nullopt);
        EXPECT_EQ(child_sas(*node), 1u);
        EXPECT_EQ(node->engine.ike_sas().size(), 1u);
        EXPECT_EQ(node->engine.footprint().esp_spis, 1u);
        EXPECT_EQ(node->count<ike::ChildSaDown>() + node->count<ike::IkeSaClosed>(), 0u);
        EXPECT_EQ(node->count<ike::Refused>(), 0u);
      }
    });
  }
};

TEST_F(FollowUps, OfTheFirstChildSaThereAreNone) {
  start();
  initiate();
  EXPECT_EQ(world.ladder().back(), "right  IKE_AUTH response 3  HDR, SK {IDr, AUTH, SAr2, TSi, TSr}");
  expect_mirrored_child_sas(1);
}

TEST_F(FollowUps, CarryTheAdditionalKeyExchangeOfAChildSa) {
  establish();
  initiate("lan2");
  EXPECT_EQ(ladder_since_mark(),
            (std::vector<std::string>{
                "left  CREATE_CHILD_SA request 4  HDR, SK {SA, Ni, KEi, TSi, TSr}",
                "right  CREATE_CHILD_SA response 4  HDR, SK {SA, Nr, KEr, TSi, TSr, N(ADDITIONAL_KEY_EXCHANGE)}",
                "left  IKE_FOLLOWUP_KE request 5  HDR, SK {KEi, N(ADDITIONAL_KEY_EXCHANGE)}",
                "right  IKE_FOLLOWUP_KE response 5  HDR, SK {KEr}"}));
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(2);
  EXPECT_EQ(ike::v2::additional_key_exchanges(established(left())->children().rbegin()->second.proposal),
            std::vector{CURVE448});
}

TEST_F(FollowUps, ComeBeforeTheOldChildSaIsDeleted) {
  establish();
  world.control(left(), rekeying_of_child(left()));
  world.run_for(seconds(1));
  const auto said = ladder_since_mark();
  ASSERT_EQ(said.size(), 6u);
  EXPECT_TRUE(said[2].starts_with("left  IKE_FOLLOWUP_KE request"));
  EXPECT_EQ(said[4], "left  INFORMATIONAL request 6  HDR, SK {D}");
  EXPECT_EQ(outcome(left(), ControlId{2}), std::nullopt);
  EXPECT_EQ(left().count<ike::ChildSaDown>() + right().count<ike::ChildSaDown>(), 0u);
  expect_one_tunnel();
}

TEST_F(FollowUps, OneForEachAdditionalKeyExchangeOfAnIkeSa) {
  establish();
  world.control(left(), rekeying_of_ike_sa(left()));
  world.run_for(seconds(1));
  EXPECT_EQ(ladder_since_mark(),
            (std::vector<std::string>{
                "left  CREATE_CHILD_SA request 4  HDR, SK {SA, Ni, KEi}",
                "right  CREATE_CHILD_SA response 4  HDR, SK {SA, Nr, KEr, N(ADDITIONAL_KEY_EXCHANGE)}",
                "left  IKE_FOLLOWUP_KE request 5  HDR, SK {KEi, N(ADDITIONAL_KEY_EXCHANGE)}",
                "right  IKE_FOLLOWUP_KE response 5  HDR, SK {KEr, N(ADDITIONAL_KEY_EXCHANGE)}",
                "left  IKE_FOLLOWUP_KE request 6  HDR, SK {KEi, N(ADDITIONAL_KEY_EXCHANGE)}",
                "right  IKE_FOLLOWUP_KE response 6  HDR, SK {KEr}", "left  INFORMATIONAL request 7  HDR, SK {D}",
                "right  INFORMATIONAL response 7  HDR, SK {}"}));
  EXPECT_EQ(outcome(left(), ControlId{2}), std::nullopt);
  // What the new IKE SA says is understood.
  world.control(right(), rekeying_of_child(right()));
  expect_one_tunnel();
  EXPECT_EQ(outcome(right(), ControlId{2}), std::nullopt);
}

TEST_F(FollowUps, B08_SurviveTheLossOfEveryFirstTransmission) {
  establish();
  std::set<std::string> seen;
  world.set_judge([&](const InFlight& packet) {
    return seen.insert(to_hex(packet.datagram.octets)).second ? Fate::drop : Fate::deliver;
  });
  world.control(left(), rekeying_of_child(left()));
  world.run_for(minutes(1));
  world.control(right(), rekeying_of_ike_sa(right()));
  world.run_for(minutes(2));
  EXPECT_EQ(outcome(left(), ControlId{2}), std::nullopt);
  EXPECT_EQ(outcome(right(), ControlId{2}), std::nullopt);
  expect_one_tunnel();
}

TEST_F(FollowUps, OfTwoRekeyingsOfAChildSaAtOnceAreThoseOfTheOneThatStays) {
  for (const unsigned job : {1u, 20u, 40u, 60u}) expect_one_of_both_at_once(rekeying_of_child, 1, milliseconds(job));
}

TEST_F(FollowUps, OfTwoRekeyingsOfTheIkeSaAtOnceAreThoseOfTheOneThatStays) {
  for (const unsigned job : {1u, 20u, 40u, 60u}) expect_one_of_both_at_once(rekeying_of_ike_sa, 2, milliseconds(job));
}

TEST_F(FollowUps, OfOneOfTwoRekeyingsAtOnceLeaveOneTunnelWhicheverStays) {
  // As responder left takes the exchange, and right does without.
  left_site.esp_proposals = esp_with({k448, kNone});
  right_site.esp_proposals = esp_with({kNone, k448});
  left_site.ike_proposals = ike_with({k448, kNone});
  right_site.ike_proposals = ike_with({kNone, k448});
  for (const bool of_ike_sa : {false, true}) {
    SCOPED_TRACE(of_ike_sa);
    in_six_worlds([&](World& fresh, Node& one, Node& other) {
      for (auto* node : {&one, &other})
        fresh.control(*node, of_ike_sa ? ike::ControlRequest(rekeying_of_ike_sa(*node)) : rekeying_of_child(*node));
      fresh.run_for(minutes(1));
      for (auto* node : {&one, &other}) {
        SCOPED_TRACE(node->name);
        EXPECT_EQ(outcome(*node, ControlId{2}), std::nullopt);
        EXPECT_EQ(child_sas(*node), 1u);
        EXPECT_EQ(node->engine.ike_sas().size(), 1u);
        EXPECT_EQ(node->count<ike::ChildSaDown>() + node->count<ike::IkeSaClosed>(), 0u);
      }
    });
  }
}

TEST_F(FollowUps, ThatRunAreNotDisturbedByThePeersRekeyingOfTheSame) {
  for (const bool of_ike_sa : {false, true}) {
    SCOPED_TRACE(of_ike_sa);
    in_six_worlds([&](World& fresh, Node& one, Node& other) {
      // Right's request is on its way for longer than left's exchange takes; left's follow-up waits for it.
      std::optional<Octets> request;
      fresh.set_judge([&](const InFlight& packet) {
        const auto header = *wire::parse_header(packet.datagram.octets);
        if (packet.from.name == "right" && !header.response && header.exchange == ExchangeType::CREATE_CHILD_SA) {
          request = packet.datagram.octets;
          return Fate::drop;
        }
        return header.exchange == ExchangeType::IKE_FOLLOWUP_KE ? Fate::drop : Fate::deliver;
      });
      for (auto* node : {&one, &other})
        fresh.control(*node, of_ike_sa ? ike::ControlRequest(rekeying_of_ike_sa(*node)) : rekeying_of_child(*node));
      fresh.run_for(milliseconds(300));
      ASSERT_TRUE(request.has_value());
      fresh.set_judge({});
      fresh.inject(one, {{left_site.local, 500}, {right_site.local, 500}, *request});
      fresh.run_for(milliseconds(50));
      const auto* refused = one.last<ike::Refused>();
      const bool left_runs_them = refused != nullptr && refused->refusal.code == RefusalCode::busy;
      fresh.run_for(minutes(1));
      for (auto* node : {&one, &other}) {
        SCOPED_TRACE(node->name);
        EXPECT_EQ(child_sas(*node), 1u);
        EXPECT_EQ(node->engine.ike_sas().size(), 1u);
        EXPECT_EQ(node->count<ike::ChildSaDown>() + node->count<ike::IkeSaClosed>(), 0u);
      }
      EXPECT_TRUE(left_runs_them) << "TEMPORARY_FAILURE";
    });
  }
}

TEST_F(FollowUps, ThatComeTooLateFindNothingAndAreBegunAnew) {
  for (const bool of_ike_sa : {false, true}) {
    SCOPED_TRACE(of_ike_sa);
    in_six_worlds([&](World& fresh, Node& one, Node& other) {
      fresh.set_judge([](const InFlight& packet) {
        return exchange_of(packet) == ExchangeType::IKE_FOLLOWUP_KE ? Fate::drop : Fate::deliver;
      });
      fresh.control(one, of_ike_sa ? ike::ControlRequest(rekeying_of_ike_sa(one)) : rekeying_of_child(one));
      fresh.run_for(seconds(21));
      EXPECT_TRUE(established(other)->is_idle()) << "forgotten after 20 seconds";
      EXPECT_EQ(other.engine.footprint().esp_spis, 1u);
      fresh.set_judge({});
      fresh.run_for(minutes(2));
      ASSERT_NE(one.last<ike::Refused>(), nullptr);
      EXPECT_EQ(one.last<ike::Refused>()->refusal.notify, NotifyType::STATE_NOT_FOUND);
      EXPECT_EQ(of_ike_sa ? one.count<ike::IkeSaRekeyed>() : one.count<ike::ChildSaRekeyed>(), 1u);
      EXPECT_EQ(child_sas(one), 1u);
      EXPECT_EQ(child_sas(other), 1u);
    });
  }
}

TEST_F(FollowUps, ThatThePeerLosesAgainAndAgainEndTheIkeSa) {
  establish();
  world.set_judge([&](const InFlight& packet) {
    // Each request reaches right when it has forgotten.
    const bool early = exchange_of(packet) == ExchangeType::IKE_FOLLOWUP_KE && packet.from.name == "left" &&
                       !established(right())->is_idle();
    return early ? Fate::drop : Fate::deliver;
  });
  world.control(left(), rekeying_of_ike_sa(left()));
  world.run_for(minutes(30));
  EXPECT_EQ(established(left()), nullptr);
  EXPECT_EQ(child_sas(left()) + child_sas(right()), 0u);
}

TEST_F(FollowUps, OfTheExchangeWaitUntilItIsKnownWhatBecomesOfTheTunnel) {
  establish();
  world.set_judge([](const InFlight& packet) {
    return exchange_of(packet) == ExchangeType::IKE_FOLLOWUP_KE ? Fate::drop : Fate::deliver;
  });
  world.control(left(), rekeying_of_child(left()));
  world.run_for(seconds(1));
  world.control(right(), ike::TerminateChild{ControlId{3}, only_child(right())});
  world.run_for(seconds(1));
  EXPECT_EQ(child_sas(right()), 1u);
  world.set_judge({});
  world.run_for(minutes(1));
  EXPECT_EQ(outcome(right(), ControlId{3}), std::nullopt);
  EXPECT_EQ(child_sas(left()) + child_sas(right()), 0u) << "it ends what took its place";
}

TEST_F(FollowUps, AnEndOfTheIkeSaEndsThem) {
  for (const int story : {0, 1, 2, 3}) {
    SCOPED_TRACE(story);
    const bool of_ike_sa = story % 2 == 0;
    const bool by_responder = story / 2 == 0;
    in_six_worlds([&](World& fresh, Node& one, Node& other) {
      fresh.set_judge([](const InFlight& packet) {
        return exchange_of(packet) == ExchangeType::IKE_FOLLOWUP_KE ? Fate::drop : Fate::deliver;
      });
      fresh.control(one, of_ike_sa ? ike::ControlRequest(rekeying_of_ike_sa(one)) : rekeying_of_child(one));
      fresh.run_for(seconds(1));
      auto& who = by_responder ? other : one;
      fresh.control(who, ike::TerminateIke{ControlId{3}, established_id(who), false});
      fresh.run_for(seconds(1));
      EXPECT_EQ(established(one) == nullptr, by_responder) << "who began waits for its answer";
      fresh.set_judge({});
      fresh.run_for(minutes(5));
      for (auto* node : {&one, &other}) {
        EXPECT_TRUE(node->engine.ike_sas().empty()) << node->name;
        EXPECT_EQ(node->engine.footprint().esp_spis, 0u) << node->name;
      }
    });
  }
}

/// Left has agreed on a second Child SA, and its IKE_FOLLOWUP_KE request does not arrive.
class FollowUpsHalfway : public FollowUps {
 protected:
  void begin(KeyExchangeMethod method = CURVE448) {
    for (auto* site : {&left_site, &right_site})
      site->esp_proposals = esp_with({additional(TransformType::ADDKE1, method)});
    establish();
    world.set_judge([&](const InFlight& packet) {
      if (exchange_of(packet) == ExchangeType::IKE_FOLLOWUP_KE) return Fate::drop;
      return Fate::deliver;
    });
    initiate_without_outcome("lan2");
    ASSERT_EQ(right().engine.footprint().esp_spis, 2u);
  }
  void initiate_without_outcome(const std::string& child) {
    world.control(left(), ike::Initiate{ControlId{9}, "net", child, {}, {}});
    world.run_for(milliseconds(200));
  }
  /// Of the CREATE_CHILD_SA response with this message ID.
  static wire::Payload link(std::uint8_t id) {
    return ike::notify_payload(NotifyType::ADDITIONAL_KEY_EXCHANGE, {0, 0, 0, id});
  }
  void expect_refused(RefusalCode code) {
    ASSERT_NE(right().last<ike::Refused>(), nullptr);
    EXPECT_EQ(right().last<ike::Refused>()->refusal.code, code);
    EXPECT_EQ(right().last<ike::Refused>()->refusal.exchange, ExchangeType::IKE_FOLLOWUP_KE);
    EXPECT_NE(established(right()), nullptr) << "the IKE SA stays";
  }
};

TEST_F(FollowUpsHalfway, D07_AValueOfTheWrongLengthFailsTheExchangeAndNotTheIkeSa) {
  begin();
  to_right(sealed_by_left(ExchangeType::IKE_FOLLOWUP_KE, 5, {wire::KePayload{CURVE448, Octets(55, 1)}, link(4)}));
  expect_refused(RefusalCode::key_exchange_failed);
  EXPECT_EQ(right().last<ike::Refused>()->refusal.detail, "the KE payload has 55 octets, CURVE448 takes 56");
  EXPECT_EQ(right().engine.footprint().esp_spis, 1u);
}

TEST_F(FollowUpsHalfway, D07_AValueThatIsNoPointFailsTheExchangeAndNotTheIkeSa) {
  begin(ECP_384);
  to_right(sealed_by_left(ExchangeType::IKE_FOLLOWUP_KE, 5, {wire::KePayload{ECP_384, Octets(96, 1)}, link(4)}));
  expect_refused(RefusalCode::key_exchange_failed);
  EXPECT_EQ(right().engine.footprint().esp_spis, 1u);
  EXPECT_TRUE(established(right())->is_idle());
}

TEST_F(FollowUpsHalfway, AnotherMethodThanAgreedOnIsRefused) {
  begin();
  to_right(sealed_by_left(ExchangeType::IKE_FOLLOWUP_KE, 5, {wire::KePayload{CURVE25519, Octets(32, 9)}, link(4)}));
  expect_refused(RefusalCode::key_exchange_method);
}

TEST_F(FollowUpsHalfway, AnUnknownLinkFindsNothingAndDisturbsNothing) {
  begin();
  const wire::Payload value = wire::KePayload{CURVE448, Octets(56, 9)};
  to_right(sealed_by_left(ExchangeType::IKE_FOLLOWUP_KE, 5, {value, link(5)}));
  expect_refused(RefusalCode::key_exchange_failed);
  EXPECT_EQ(right().last<ike::Refused>()->refusal.notify, NotifyType::STATE_NOT_FOUND);
  to_right(sealed_by_left(ExchangeType::IKE_FOLLOWUP_KE, 6, {value}));
  EXPECT_EQ(right().last<ike::Refused>()->refusal.notify, NotifyType::STATE_NOT_FOUND);
  EXPECT_EQ(right().engine.footprint().esp_spis, 2u) << "the other one is still awaited";
}

TEST_F(FollowUpsHalfway, ADeleteOfWhatIsAwaitedEndsIt) {
  begin();
  const auto& exchange = std::get<ike::v2::CreateChildAgreed>(established(left())->exchange());
  to_right(sealed_by_left(ExchangeType::INFORMATIONAL, 5,
                          {wire::DeletePayload{ProtocolId::ESP, {exchange.agreed.inbound_spi}}}));
  EXPECT_EQ(right().engine.footprint().esp_spis, 1u);
  EXPECT_TRUE(established(right())->is_idle());
}

TEST_F(FollowUps, C09_ThatArePromisedAreChargedToTheBudgetOfCreateChildSa) {
  std::vector<Transform> seven;
  for (const auto& [type, method] : {std::pair{TransformType::ADDKE1, CURVE448},
                                     {TransformType::ADDKE2, ECP_384},
                                     {TransformType::ADDKE3, ECP_521},
                                     {TransformType::ADDKE4, ECP_256},
                                     {TransformType::ADDKE5, MODP_2048},
                                     {TransformType::ADDKE6, MODP_3072},
                                     {TransformType::ADDKE7, MODP_4096}})
    seven.push_back(additional(type, method));
  for (auto* site : {&left_site, &right_site}) {
    site->esp_proposals = esp_with(seven);
    site->more_children = {"lan2", "lan3", "lan4"};
  }
  establish();
  for (const auto* child : {"lan2", "lan3", "lan4"})
    world.control(left(), ike::Initiate{ControlId{9}, "net", child, {}, {}});
  world.run_for(seconds(30));
  EXPECT_GT(right().engine.counters().create_child_deferred, 0u) << "20 at once, not 24";
  EXPECT_FALSE(refusal(left()).has_value()) << "it is tried again";
  expect_mirrored_child_sas(4);
}

}  // namespace
}  // namespace keypact::sim
