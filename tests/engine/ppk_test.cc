// Post-quantum preshared keys at the initial exchanges, and after them, with a responder that knows RFC 8784 only.
#include "ike/v2/authentication.h"
#include "tests/engine/ppk_ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;

class Ppk : public PpkLadder {
 protected:
  Ppk() { right_knows_rfc_9867 = false; }
};

TEST_F(Ppk, IsAgreedOnAndNamedByTheInitiator) {
  start_with({"lab", true}, {"lab", true});
  initiate();
  EXPECT_TRUE(world.ladder()[0].ends_with("N(USE_PPK), N(USE_PPK_INT), N(LIBRESWAN_USE_PPK_INT)")) << world.ladder()[0];
  EXPECT_TRUE(world.ladder()[1].ends_with("N(USE_PPK)")) << world.ladder()[1];
  EXPECT_TRUE(world.ladder()[2].ends_with("N(PPK_IDENTITY)}")) << world.ladder()[2];
  EXPECT_NE(world.ladder()[3].find("N(PPK_IDENTITY)"), std::string::npos) << world.ladder()[3];
  expect_tunnel(true);
}

TEST_F(Ppk, AnOptionalOneIsProvenTwiceAndLastsOverRekeyings) {
  start_with({"lab"}, {{}});
  initiate();
  EXPECT_TRUE(world.ladder()[2].ends_with("N(PPK_IDENTITY), N(NO_PPK_AUTH)}")) << world.ladder()[2];
  expect_tunnel(true);
  world.control(left(), ike::RekeyIke{ControlId{7}, established_id(left())});
  world.run_for(seconds(2));
  expect_tunnel(true);
}

TEST_F(Ppk, IsInTheKeysOfTheChildSaAndNotInThoseOfTheIkeSa) {
  const auto [one, other] = keys_of_two_ppks();
  EXPECT_NE(one.of_child, other.of_child);
  EXPECT_EQ(one.of_ike, other.of_ike);
}

TEST_F(Ppk, H01_ARequiredOneIsNotDoneWithoutByEitherRole) {
  start_with({"lab", true}, none_);
  initiate();
  EXPECT_EQ(refusal_code(left()), RefusalCode::ppk_required);
  expect_nothing();
}

TEST_F(Ppk, H01_ARequiredOneThatTheInitiatorDoesNotOfferIsRefused) {
  start_with(none_, {"lab", true});
  initiate();
  EXPECT_EQ(refused_by_right(), RefusalCode::ppk_required);
  EXPECT_EQ(refusal(left()).value_or(ike::Refusal{}).notify, NotifyType::AUTHENTICATION_FAILED);
  expect_nothing();
}

TEST_F(Ppk, H01_WhoeverTakesTheNotifyOutOfTheResponseGetsNoTunnel) {
  start_with({"lab", true}, {"lab", true});
  Octets response;
  world.set_judge([&](const InFlight& packet) {
    if (packet.from.name == "left") return Fate::deliver;
    response = packet.datagram.octets;
    return Fate::drop;
  });
  initiate("lan", milliseconds(100));
  world.set_judge({});
  const std::array<std::uint8_t, 2> type = {0x40, 0x33};  // 16435
  const auto found = std::ranges::search(response, type);
  ASSERT_FALSE(found.empty());
  found.front() = 0xbf;
  world.inject(left(), {{left_site.local, 500}, {right_site.local, 500}, response});
  world.run_for(seconds(1));
  EXPECT_EQ(refusal_code(left()), RefusalCode::ppk_required);
  expect_nothing();
}

TEST_F(Ppk, E18_ARequestWithoutPpkIdentityIsRefusedThoughItsAuthIsRight) {
  start_with({"lab"}, {{}});
  world.set_judge([](const InFlight& packet) {
    return wire::parse_header(packet.datagram.octets)->exchange == ExchangeType::IKE_AUTH ? Fate::drop : Fate::deliver;
  });
  initiate("lan", milliseconds(200));
  const auto& sa = left().engine.ike_sas().begin()->second;
  const auto* waiting = std::get_if<ike::v2::AwaitAuth>(&sa.state());
  ASSERT_NE(waiting, nullptr);
  const auto& keys = waiting->channel.keys();
  const wire::IdPayload id{PayloadType::IDi, waiting->local_id};
  const auto id_body = id.body();
  const auto data = ike::v2::shared_key_auth(world.library(), as_octets(left_site.secret),
                                             {waiting->request, waiting->peer_nonce, keys.prf, keys.pi, id_body});
  SeededRandom random{44};
  to_right(ike::seal_message(world.library(), random, keys.initiator, 1000000,
                             sa.record().header(ExchangeType::IKE_AUTH, 1, false),
                             {id, wire::AuthPayload{AuthMethod::SHARED_KEY_MIC, data}}));
  EXPECT_EQ(refused_by_right(), RefusalCode::no_ppk);
  EXPECT_EQ(established_ike_sas(right()), 0u);
}

TEST_F(Ppk, OneThatIsWrongFailsThoughItIsOptional) {
  start_with({"lab"}, {{}, false, "lab", "another one, with as many octets"});
  initiate();
  EXPECT_EQ(refused_by_right(), RefusalCode::authentication_failed);
  expect_nothing();
}

TEST_F(Ppk, OneThatIsRequiredAndNotConfiguredIsRefusedBeforeAnythingIsSent) {
  start_with({"lab", true, "other"}, {"lab", true});
  initiate();
  EXPECT_EQ(refusal_code(left()), RefusalCode::no_ppk);
  EXPECT_TRUE(world.ladder().empty());
  EXPECT_TRUE(left().engine.ike_sas().empty());
}

TEST_F(Ppk, AnOptionalOneThatTheResponderDoesNotKnowIsDoneWithout) {
  start_with({"lab"}, {"other", false, "other"});
  initiate();
  expect_tunnel(false);
}

TEST_F(Ppk, OneThatIsOptionalForTheInitiatorOnlyIsNotDoneWithout) {
  start_with({"lab"}, {"other", true, "other"});
  initiate();
  EXPECT_EQ(refused_by_right(), RefusalCode::no_ppk);
  expect_nothing();
}

TEST_F(Ppk, OneThatTheResponderDoesNotKnowIsNotDoneWithoutWhereTheInitiatorRequiresIt) {
  start_with({"lab", true}, {"other", false, "other"});
  initiate();
  EXPECT_EQ(refused_by_right(), RefusalCode::no_ppk);
  expect_nothing();
}

}  // namespace
}  // namespace keypact::sim
