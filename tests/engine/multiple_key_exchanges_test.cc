// Additional key exchanges of an IKE SA that is being set up. RFC 9370 §2.2, RFC 9242.
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using enum KeyExchangeMethod;
using ike::RefusalCode;

std::vector<Proposal> with_additional(std::vector<Transform> more) {
  Proposal proposal{
      ProtocolId::IKE,
      {encryption(EncryptionId::ENCR_AES_GCM_16, 256), prf(PrfId::PRF_HMAC_SHA2_256), key_exchange(CURVE25519)}};
  std::ranges::move(more, std::back_inserter(proposal.transforms));
  return {proposal};
}

class MultipleKeyExchanges : public Ladder {
 protected:
  void both(std::vector<Transform> more) { left_site.ike_proposals = right_site.ike_proposals = with_additional(more); }
  void expect_refused_without_child(RefusalCode code) {
    EXPECT_EQ(refusal_code(left()), code);
    EXPECT_EQ(child_sas(left()) + child_sas(right()), 0u);
    EXPECT_EQ(established_ike_sas(left()) + established_ike_sas(right()), 0u);
  }
};

TEST_F(MultipleKeyExchanges, TakeOneIntermediateExchangeEach) {
  both({additional(TransformType::ADDKE1, CURVE448), additional(TransformType::ADDKE2, ECP_384)});
  start();
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  ASSERT_EQ(world.ladder().size(), 8u);
  EXPECT_TRUE(world.ladder()[0].ends_with("N(INTERMEDIATE_EXCHANGE_SUPPORTED)")) << world.ladder()[0];
  EXPECT_TRUE(world.ladder()[1].ends_with("N(INTERMEDIATE_EXCHANGE_SUPPORTED)")) << world.ladder()[1];
  EXPECT_EQ(world.ladder()[2], "left  IKE_INTERMEDIATE request 1  HDR, SK {KEi}");
  EXPECT_EQ(world.ladder()[3], "right  IKE_INTERMEDIATE response 1  HDR, SK {KEr}");
  EXPECT_EQ(world.ladder()[4], "left  IKE_INTERMEDIATE request 2  HDR, SK {KEi}");
  EXPECT_EQ(world.ladder()[5], "right  IKE_INTERMEDIATE response 2  HDR, SK {KEr}");
  EXPECT_EQ(world.ladder()[6],
            "left  IKE_AUTH request 3  HDR, SK {IDi, IDr, N(INITIAL_CONTACT), AUTH, SAi2, TSi, TSr}");
  EXPECT_EQ(world.ladder()[7], "right  IKE_AUTH response 3  HDR, SK {IDr, AUTH, SAr2, TSi, TSr}");
  expect_mirrored_child_sas(1);
  // What comes after IKE_AUTH has the message IDs that follow.
  world.control(left(), ike::TerminateIke{ControlId{7}, established_id(left()), false});
  world.run_for(seconds(1));
  EXPECT_EQ(established_ike_sas(right()), 0u);
}

TEST_F(MultipleKeyExchanges, B08_SurviveTheLossOfEveryFirstTransmission) {
  both({additional(TransformType::ADDKE1, CURVE448), additional(TransformType::ADDKE3, MODP_2048)});
  start();
  std::set<std::string> seen;
  world.set_judge([&](const InFlight& packet) {
    return seen.insert(to_hex(packet.datagram.octets)).second ? Fate::drop : Fate::deliver;
  });
  initiate("lan", seconds(40));
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(MultipleKeyExchanges, B08_SevenOfThemInFragmentsSurviveReorderingAndLoss) {
  both({additional(TransformType::ADDKE1, CURVE448), additional(TransformType::ADDKE2, ECP_384),
        additional(TransformType::ADDKE3, MODP_2048), additional(TransformType::ADDKE4, MODP_4096),
        additional(TransformType::ADDKE5, ECP_521), additional(TransformType::ADDKE6, ECP_256),
        additional(TransformType::ADDKE7, MODP_8192)});
  // MODP_8192 has 1024 octets: beyond the first size of 576 octets it goes in fragments.
  world.set_options({.fragment_size = 576});
  start();
  world.set_faults({10, 20, milliseconds(1), milliseconds(300)});
  initiate("lan", minutes(3));
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
  EXPECT_GT(right().engine.counters().fragments_received, 0u);
  EXPECT_GT(left().engine.counters().fragments_received, 0u);
}

TEST_F(MultipleKeyExchanges, ARequiredOneIsNotDoneWithoutByEitherRole) {
  for (const bool initiator_requires : {true, false}) {
    SCOPED_TRACE(initiator_requires);
    World fresh(3);
    auto one = left_site;
    auto other = right_site;
    one.ike_proposals = with_additional({});
    other.ike_proposals = with_additional({});
    (initiator_requires ? one : other).ike_proposals = with_additional({additional(TransformType::ADDKE1, CURVE448)});
    auto& initiator = fresh.add("left", one.local, one.snapshot());
    fresh.add("right", other.local, other.snapshot());
    fresh.control(initiator, ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
    fresh.run_for(seconds(10));
    EXPECT_EQ(outcome(initiator, ControlId{1}), RefusalCode::no_proposal_chosen);
    EXPECT_EQ(initiator.stack.child_sas().size(), 0u);
  }
}

TEST_F(MultipleKeyExchanges, AnOptionalOneIsDoneWithoutWhereThePeerHasNone) {
  left_site.ike_proposals =
      with_additional({additional(TransformType::ADDKE1, CURVE448), additional(TransformType::ADDKE1, NONE)});
  right_site.ike_proposals = with_additional({});
  start();
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  EXPECT_EQ(world.ladder().size(), 4u);
  expect_mirrored_child_sas(1);
}

TEST_F(MultipleKeyExchanges, NoMethodRunsTwice) {
  both({additional(TransformType::ADDKE1, CURVE25519)});
  start();
  initiate("lan", seconds(10));
  expect_refused_without_child(RefusalCode::no_proposal_chosen);
}

TEST_F(MultipleKeyExchanges, AMethodIsLeftToWhoHasNoOther) {
  left_site.ike_proposals = right_site.ike_proposals =
      with_additional({additional(TransformType::ADDKE1, CURVE448), additional(TransformType::ADDKE1, ECP_384),
                       additional(TransformType::ADDKE2, ECP_384), additional(TransformType::ADDKE2, MODP_2048),
                       additional(TransformType::ADDKE3, CURVE448)});
  start();
  initiate();
  ASSERT_NE(established(left()), nullptr);
  const auto& chosen = established(left())->parts().proposal;
  EXPECT_EQ(ike::v2::additional_key_exchanges(chosen), (std::vector{ECP_384, MODP_2048, CURVE448}));
  expect_mirrored_child_sas(1);
}

TEST_F(MultipleKeyExchanges, C09_OfAHalfOpenPeerAreChargedToTheBudgetOfKeyExchanges) {
  // The budget of one second has room for the first exchange, and for none of those agreed on beside it.
  ike::Options options;
  options.budgets.key_exchange_percent = 1;
  both({additional(TransformType::ADDKE1, MODP_8192)});
  world.set_options(options);
  start();
  initiate();
  ASSERT_FALSE(refusal(left()).has_value());
  EXPECT_EQ(right().engine.counters().cookies_sent, 0u);
  mark_ladder();
  world.control(left(), ike::TerminateIke{ControlId{7}, established_id(left()), false});
  world.run_for(seconds(1));
  initiate();
  EXPECT_EQ(right().engine.counters().cookies_sent, 1u);
  EXPECT_EQ(right().engine.counters().cookies_accepted, 1u);
}

TEST_F(MultipleKeyExchanges, ARequestThatIsCutSmallerGetsItsResponseInSuchFragments) {
  both({additional(TransformType::ADDKE1, MODP_8192)});
  world.set_options({.fragment_size = 1280});
  start();
  // Nothing of more than 700 octets arrives once a first response went out in larger fragments.
  bool answered = false;
  world.set_judge([&](const InFlight& packet) {
    const auto exchange = wire::parse_header(packet.datagram.octets)->exchange;
    if (exchange != ExchangeType::IKE_INTERMEDIATE) return Fate::deliver;
    answered = answered || packet.from.name == "right";
    return answered && packet.datagram.octets.size() > 700 ? Fate::drop : Fate::deliver;
  });
  initiate("lan", minutes(1));
  ASSERT_FALSE(refusal(left()).has_value());
  EXPECT_GT(right().engine.counters().messages_refragmented, 0u);
  expect_mirrored_child_sas(1);
}

TEST_F(MultipleKeyExchanges, H01_WithoutTheNotifyARequiredOneIsRefused) {
  both({additional(TransformType::ADDKE1, CURVE448)});
  start();
  Octets request;
  world.set_judge([&](const InFlight& packet) {
    request = packet.datagram.octets;
    return Fate::drop;
  });
  initiate("lan", milliseconds(10));
  world.set_judge({});
  // Somebody on the way makes INTERMEDIATE_EXCHANGE_SUPPORTED a notify that nobody knows.
  const std::array<std::uint8_t, 2> type = {0x40, 0x36};  // 16438
  const auto found = std::ranges::search(request, type);
  ASSERT_FALSE(found.empty());
  found.front() = 0xbf;
  to_right(request);
  ASSERT_NE(right().last<ike::Refused>(), nullptr);
  EXPECT_EQ(right().last<ike::Refused>()->refusal.code, RefusalCode::no_proposal_chosen);
  EXPECT_TRUE(right().engine.ike_sas().empty());
}

/// Left has sent a request of IKE_INTERMEDIATE that does not arrive.
class MultipleKeyExchangesHalfway : public MultipleKeyExchanges {
 protected:
  void begin(KeyExchangeMethod method = CURVE448) {
    both({additional(TransformType::ADDKE1, method)});
    start();
    world.set_judge([](const InFlight& packet) {
      const auto exchange = wire::parse_header(packet.datagram.octets)->exchange;
      return exchange == ExchangeType::IKE_INTERMEDIATE && packet.from.name == "left" ? Fate::drop : Fate::deliver;
    });
    initiate("lan", milliseconds(200));
    ASSERT_NE(waiting(), nullptr);
  }
  const ike::v2::AwaitIntermediateResponse* waiting() {
    return std::get_if<ike::v2::AwaitIntermediateResponse>(&left().engine.ike_sas().begin()->second.state());
  }
  Octets sealed(ExchangeType exchange, std::uint32_t id, const std::vector<wire::Payload>& payloads) {
    const auto header = left().engine.ike_sas().begin()->second.record().header(exchange, id, false);
    return ike::seal_message(world.library(), random_, waiting()->channel.keys().initiator, 1000000, header, payloads);
  }
  SeededRandom random_{43};
};

TEST_F(MultipleKeyExchangesHalfway, D07_AValueOfTheWrongLengthFailsTheExchangeAndNotTheDaemon) {
  begin();
  to_right(sealed(ExchangeType::IKE_INTERMEDIATE, 1, {wire::KePayload{CURVE448, Octets(55, 1)}}));
  world.run_for(seconds(1));
  EXPECT_EQ(right().last<ike::Refused>()->refusal.code, RefusalCode::key_exchange_failed);
  EXPECT_EQ(right().last<ike::Refused>()->refusal.detail, "the KE payload has 55 octets, CURVE448 takes 56");
  EXPECT_EQ(refusal(left())->notify, NotifyType::INVALID_SYNTAX);
  expect_refused_without_child(RefusalCode::malformed_message);
}

TEST_F(MultipleKeyExchangesHalfway, ARefusalIsSentAgainToARequestThatComesAgain) {
  begin(ECP_384);
  // It has the right length, and is no point of the curve.
  const auto request = sealed(ExchangeType::IKE_INTERMEDIATE, 1, {wire::KePayload{ECP_384, Octets(96, 1)}});
  to_right(request);
  world.run_for(milliseconds(100));
  ASSERT_EQ(right().last<ike::Refused>()->refusal.code, RefusalCode::key_exchange_failed);
  const auto before = right().engine.counters().retransmissions_answered;
  to_right(request);
  EXPECT_EQ(right().engine.counters().retransmissions_answered, before + 1);
}

TEST_F(MultipleKeyExchangesHalfway, AnotherMethodThanAgreedOnIsRefused) {
  begin();
  to_right(sealed(ExchangeType::IKE_INTERMEDIATE, 1, {wire::KePayload{CURVE25519, Octets(32, 9)}}));
  EXPECT_EQ(right().last<ike::Refused>()->refusal.code, RefusalCode::key_exchange_method);
}

TEST_F(MultipleKeyExchangesHalfway, NobodyIsAuthenticatedBeforeTheLastOfThem) {
  begin();
  const auto before = right().engine.counters().out_of_state;
  to_right(sealed(ExchangeType::IKE_AUTH, 1, {wire::IdPayload{PayloadType::IDi, Identification::fqdn("x")}}));
  to_right(sealed(ExchangeType::IKE_AUTH, 2, {wire::IdPayload{PayloadType::IDi, Identification::fqdn("x")}}));
  EXPECT_EQ(right().engine.counters().out_of_state, before + 2);
  // What is left goes on as if nothing had been.
  world.set_judge({});
  world.run_for(seconds(10));
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(MultipleKeyExchanges, MeanNothingOnceTheIkeSaIsEstablished) {
  both({additional(TransformType::ADDKE1, CURVE448)});
  start();
  initiate();
  const auto before = right().engine.counters().out_of_state;
  to_right(sealed_by_left(ExchangeType::IKE_INTERMEDIATE, 3, {wire::KePayload{CURVE448, Octets(56, 1)}}));
  EXPECT_EQ(right().engine.counters().out_of_state, before + 1);
  expect_mirrored_child_sas(1);
}

}  // namespace
}  // namespace keypact::sim
