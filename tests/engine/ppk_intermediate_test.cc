// Post-quantum preshared keys in IKE_INTERMEDIATE. RFC 9867.
#include "ike/v2/ppk_intermediate.h"
#include "tests/engine/ppk_ladder.h"

namespace keypact::sim {
namespace {

using enum KeyExchangeMethod;
using ike::RefusalCode;

class PpkIntermediate : public PpkLadder {
 protected:
  void with_key_exchanges(std::vector<Transform> more) {
    Proposal proposal{
        ProtocolId::IKE,
        {encryption(EncryptionId::ENCR_AES_GCM_16, 256), prf(PrfId::PRF_HMAC_SHA2_256), key_exchange(CURVE25519)}};
    std::ranges::move(more, std::back_inserter(proposal.transforms));
    left_site.ike_proposals = right_site.ike_proposals = {proposal};
  }
  void lose_first_transmissions() {
    world.set_judge([this](const InFlight& packet) {
      return seen_.insert(to_hex(packet.datagram.octets)).second ? Fate::drop : Fate::deliver;
    });
  }
  const ike::Refusal& refusal_of_right() {
    const auto* refused = right().last<ike::Refused>();
    EXPECT_NE(refused, nullptr);
    static const ike::Refusal kNone;
    return refused != nullptr ? refused->refusal : kNone;
  }

 private:
  std::set<std::string> seen_;
};

TEST_F(PpkIntermediate, IsMixedBeforeAnybodySaysWhoItIs) {
  start_with({"lab", true}, {"lab", true});
  initiate();
  ASSERT_EQ(world.ladder().size(), 6u);
  EXPECT_TRUE(world.ladder()[0].ends_with(
      "N(INTERMEDIATE_EXCHANGE_SUPPORTED), N(USE_PPK), N(USE_PPK_INT), N(LIBRESWAN_USE_PPK_INT)"))
      << world.ladder()[0];
  EXPECT_TRUE(world.ladder()[1].ends_with("N(INTERMEDIATE_EXCHANGE_SUPPORTED), N(USE_PPK_INT)")) << world.ladder()[1];
  EXPECT_EQ(world.ladder()[2], "left  IKE_INTERMEDIATE request 1  HDR, SK {N(PPK_IDENTITY_KEY)}");
  EXPECT_EQ(world.ladder()[3], "right  IKE_INTERMEDIATE response 1  HDR, SK {N(PPK_IDENTITY)}");
  EXPECT_EQ(world.ladder()[4],
            "left  IKE_AUTH request 2  HDR, SK {IDi, IDr, N(INITIAL_CONTACT), AUTH, SAi2, TSi, TSr}");
  EXPECT_EQ(world.ladder()[5], "right  IKE_AUTH response 2  HDR, SK {IDr, AUTH, SAr2, TSi, TSr}");
  expect_tunnel(true);
  world.control(left(), ike::RekeyIke{ControlId{7}, established_id(left())});
  world.run_for(seconds(2));
  expect_tunnel(true);
}

TEST_F(PpkIntermediate, IsUsedWithTheBestNumbersThatBothHave) {
  using enum NotifyType;
  using ike::v2::PpkUse;
  const auto chosen = [](std::initializer_list<NotifyType> said) {
    std::vector<wire::Payload> payloads;
    for (const auto type : said) payloads.push_back(ike::notify_payload(type));
    return ike::v2::chosen_ppk_use(ike::PayloadSet(payloads));
  };
  EXPECT_EQ(chosen({USE_PPK, LIBRESWAN_USE_PPK_INT, USE_PPK_INT, INTERMEDIATE_EXCHANGE_SUPPORTED}),
            PpkUse::intermediate);
  EXPECT_EQ(chosen({USE_PPK, LIBRESWAN_USE_PPK_INT, INTERMEDIATE_EXCHANGE_SUPPORTED}),
            PpkUse::intermediate_of_libreswan);
  EXPECT_EQ(chosen({USE_PPK, LIBRESWAN_USE_PPK_INT, USE_PPK_INT}), PpkUse::with_auth);
  EXPECT_EQ(chosen({USE_PPK_INT, INTERMEDIATE_EXCHANGE_SUPPORTED}), PpkUse::intermediate);
  EXPECT_EQ(chosen({INTERMEDIATE_EXCHANGE_SUPPORTED}), PpkUse::none);
}

TEST_F(PpkIntermediate, IsInAllKeysOfTheIkeSaAndOfItsChildSa) {
  const auto [one, other] = keys_of_two_ppks();
  EXPECT_NE(one.of_child, other.of_child);
  EXPECT_NE(one.of_ike, other.of_ike);
}

/// The name of the key is hidden by all key exchanges then.
TEST_F(PpkIntermediate, GoesAlongWithTheLastKeyExchange) {
  with_key_exchanges({additional(TransformType::ADDKE1, CURVE448), additional(TransformType::ADDKE2, ECP_384)});
  start_with({"lab", true}, {{}, true});
  initiate();
  ASSERT_EQ(world.ladder().size(), 8u);
  EXPECT_EQ(world.ladder()[2], "left  IKE_INTERMEDIATE request 1  HDR, SK {KEi}");
  EXPECT_EQ(world.ladder()[4], "left  IKE_INTERMEDIATE request 2  HDR, SK {KEi, N(PPK_IDENTITY_KEY)}");
  EXPECT_EQ(world.ladder()[5], "right  IKE_INTERMEDIATE response 2  HDR, SK {KEr, N(PPK_IDENTITY)}");
  expect_tunnel(true);
}

TEST_F(PpkIntermediate, B08_SurvivesTheLossOfEveryFirstTransmission) {
  lose_first_transmissions();
  start_with({"lab", true}, {"lab", true});
  initiate("lan", seconds(40));
  expect_tunnel(true);
}

TEST_F(PpkIntermediate, B08_SurvivesTheLossOfEveryFirstTransmissionAlongWithAKeyExchange) {
  with_key_exchanges({additional(TransformType::ADDKE1, CURVE448)});
  lose_first_transmissions();
  start_with({"lab", true}, {"lab", true});
  initiate("lan", seconds(40));
  expect_tunnel(true);
}

/// No new keys come of it, and the response goes out again under those that there are.
TEST_F(PpkIntermediate, B08_AnExchangeThatMixesNothingSurvivesLossesToo) {
  lose_first_transmissions();
  start_with({"lab"}, {{}, false, "other"});
  initiate("lan", seconds(40));
  expect_tunnel(false);
}

TEST_F(PpkIntermediate, AnOptionalOneThatTheResponderDoesNotKnowIsDoneWithout) {
  start_with({"lab"}, {{}, false, "other"});
  initiate();
  EXPECT_EQ(world.ladder()[3], "right  IKE_INTERMEDIATE response 1  HDR, SK {}");
  expect_tunnel(false);
}

/// RFC 8784 would end it here: there, the proof of the initiator is made with the key before the responder has said anything.
TEST_F(PpkIntermediate, AnOptionalOneOfAnotherValueIsDoneWithout) {
  start_with({"lab"}, {{}, false, "lab", "another one, with as many octets"});
  initiate();
  expect_tunnel(false);
}

TEST_F(PpkIntermediate, H01_ARequiredOneThatTheResponderDoesNotKnowEndsItBeforeIkeAuth) {
  start_with({"lab", true}, {{}, false, "other"});
  initiate();
  EXPECT_EQ(refusal_code(left()), RefusalCode::ppk_required);
  EXPECT_EQ(refusal(left()).value_or(ike::Refusal{}).exchange, ExchangeType::IKE_INTERMEDIATE);
  EXPECT_EQ(world.ladder().size(), 4u);
  expect_nothing();
}

TEST_F(PpkIntermediate, H01_TheResponderThatRequiresOneSaysWhatWasWrongWithThatOfThePeer) {
  start_with({"lab"}, {"lab", true, "lab", "another one, with as many octets"});
  initiate();
  EXPECT_EQ(refusal_of_right().code, RefusalCode::no_ppk);
  EXPECT_EQ(refusal_of_right().detail, "the peer has another value for this PPK");
  EXPECT_EQ(refusal_of_right().theirs, std::vector<std::string>{"PPK_IDENTITY_KEY lab"});
  EXPECT_EQ(refusal(left()).value_or(ike::Refusal{}).notify, NotifyType::AUTHENTICATION_FAILED);
  expect_nothing();
}

TEST_F(PpkIntermediate, H01_TheResponderThatRequiresOneRefusesAnInitiatorThatNamesNone) {
  start_with({"lab"}, {"lab", true});
  world.set_judge([&](const InFlight& packet) {
    // Between IKE_SA_INIT and what follows.
    if (packet.from.name == "right") world.configure(left(), with_ppk(left_site, {"lab", false, "", ""}));
    return Fate::deliver;
  });
  initiate();
  EXPECT_EQ(refusal_of_right().code, RefusalCode::no_ppk);
  EXPECT_EQ(refusal_of_right().detail, "the peer names none");
  expect_nothing();
}

/// The responder knows both; which one the peer may use, the connection says.
TEST_F(PpkIntermediate, H01_AnotherOneThanTheConnectionNamesIsRefusedThoughItIsKnown) {
  start_with({"other", false, "other"}, {"lab", false, "other"});
  initiate();
  EXPECT_EQ(refusal_of_right().code, RefusalCode::no_ppk);
  EXPECT_EQ(refusal_of_right().detail, "the peer uses another PPK");
  expect_nothing();
}

TEST_F(PpkIntermediate, H01_WhoeverTakesTheNotifyOutOfTheResponseGetsNoTunnel) {
  for (const bool required : {true, false}) {
    World fresh(7);
    auto& one = fresh.add("left", left_site.local, with_ppk(left_site, {"lab", required}));
    auto& other = fresh.add("right", right_site.local, with_ppk(right_site, {"lab", required}));
    Octets response;
    fresh.set_judge([&](const InFlight& packet) {
      if (packet.from.name == "left") return Fate::deliver;
      response = packet.datagram.octets;
      return Fate::drop;
    });
    fresh.control(one, ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
    fresh.run_for(milliseconds(100));
    fresh.set_judge({});
    const std::array<std::uint8_t, 2> type = {0x40, 0x3d};  // 16445
    const auto found = std::ranges::search(response, type);
    ASSERT_FALSE(found.empty());
    found.front() = 0xbf;
    fresh.inject(one, {{left_site.local, 500}, {right_site.local, 500}, response});
    fresh.run_for(seconds(1));
    EXPECT_EQ(one.stack.child_sas().size() + other.stack.child_sas().size(), 0u) << required;
  }
}

}  // namespace
}  // namespace keypact::sim
