// EAP inside IKE_AUTH: the client proves itself by a password, the gateway by the shared key. RFC 7296 §2.16.
#include <gmock/gmock.h>

#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint8_t kMd5 = 4;
constexpr std::uint8_t kMschapv2 = 26;

/// left is the client, right the gateway.
class Eap : public Ladder {
 protected:
  using Change = std::function<void(config::Connection&)>;

  std::shared_ptr<const config::Snapshot> with_eap(const SiteToSite& site, bool client, const std::string& password) {
    auto snapshot = std::make_shared<config::Snapshot>(*site.snapshot());
    auto connection = std::make_shared<config::Connection>(*snapshot->connections.front());
    auto& round = client ? connection->local.front() : connection->remote.front();
    round.kind = config::AuthKind::eap;
    round.eap_types = {method};
    round.eap_id = client ? IdentityPattern::exactly(Identification::fqdn("carol")) : IdentityPattern::anybody();
    if (!client && accepts) round.eap_id = accepts;
    if (!client) round.id = IdentityPattern::anybody();
    if (change) change(*connection);
    snapshot->connections.front() = std::move(connection);
    snapshot->eap_secrets = {std::make_shared<const config::EapSecret>(
        config::EapSecret{"eap", {"carol"}, Secret::copy_of(as_octets(password)), false})};
    return snapshot;
  }
  static std::shared_ptr<const config::Snapshot> with_eap_for_responder(
      const SiteToSite& site, std::vector<config::AuthRound> config::Connection::* rounds) {
    auto snapshot = std::make_shared<config::Snapshot>(*site.snapshot());
    auto connection = std::make_shared<config::Connection>(*snapshot->connections.front());
    ((*connection).*rounds).front().kind = config::AuthKind::eap;
    snapshot->connections.front() = std::move(connection);
    return snapshot;
  }
  void begin(const std::string& password = "wonderland") {
    world.add("left", left_site.local, with_eap(left_site, true, password));
    world.add("right", right_site.local, with_eap(right_site, false, "wonderland"));
    mark_ladder();
    initiate("lan", seconds(20));
  }
  void expect_clean() {
    world.run_for(minutes(3));
    EXPECT_EQ(left().engine.footprint(), ike::Footprint{});
    EXPECT_EQ(right().engine.footprint(), ike::Footprint{});
  }
  std::vector<std::string> ike_auth() {
    std::vector<std::string> lines;
    for (const auto& line : ladder_since_mark())
      if (line.find("IKE_AUTH") != std::string::npos) lines.push_back(line);
    return lines;
  }

  std::uint8_t method = kMschapv2;
  std::optional<IdentityPattern> accepts;
  Change change;
};

/// Where EAP is written for the responder, no shared key takes its place.
TEST_F(Eap, F02_AResponderThatIsToProveItselfByEapIsNotTakenByASharedKey) {
  world.add("left", left_site.local, with_eap_for_responder(left_site, &config::Connection::remote));
  world.add("right", right_site.local, right_site.snapshot());
  initiate("lan", seconds(20));
  ASSERT_TRUE(refusal(left()).has_value());
  EXPECT_EQ(refusal(left())->code, RefusalCode::authentication_failed);
  EXPECT_THAT(refusal(left())->detail, HasSubstr("is to be proven by EAP alone"));
  EXPECT_EQ(child_sas(left()), 0U);
  expect_clean();
}

TEST_F(Eap, F02_AResponderThatIsToProveItselfByEapDoesNotUseASharedKey) {
  world.add("left", left_site.local, left_site.snapshot());
  world.add("right", right_site.local, with_eap_for_responder(right_site, &config::Connection::local));
  initiate("lan", seconds(20));
  ASSERT_TRUE(refusal(left()).has_value());
  EXPECT_EQ(refusal(left())->code, RefusalCode::authentication_failed);
  EXPECT_EQ(child_sas(right()), 0U);
  expect_clean();
}

/// F14 too: what a response of MSCHAPv2 gives away to be guessed, only a gateway gets that has proven itself.
TEST_F(Eap, E12_AGatewayThatDoesNotProveItselfLearnsNothingOfEap) {
  auto rogue = std::make_shared<config::Snapshot>(*with_eap(right_site, false, "wonderland"));
  for (auto& secret : rogue->ike_secrets)
    secret = std::make_shared<const config::SharedKey>(
        config::SharedKey{secret->name, secret->owners, Secret::copy_of(as_octets("another one than the client has"))});
  world.add("left", left_site.local, with_eap(left_site, true, "wonderland"));
  world.add("right", right_site.local, std::move(rogue));
  mark_ladder();
  initiate("lan", seconds(20));
  EXPECT_EQ(refusal_code(left()), RefusalCode::authentication_failed);
  const auto lines = ike_auth();
  ASSERT_EQ(lines.size(), 2U) << "the client says nothing more in IKE_AUTH";
  EXPECT_THAT(lines[1], HasSubstr("SK {IDr, AUTH, EAP"));
  EXPECT_THAT(ladder_since_mark().back(), Not(HasSubstr("EAP")));
  expect_clean();
}

TEST_F(Eap, TheLadderIsThatOfTheRfc) {
  begin();
  ASSERT_FALSE(refusal(left()).has_value());
  const auto lines = ike_auth();
  ASSERT_GE(lines.size(), 8U);
  EXPECT_THAT(lines[0], HasSubstr("SK {IDi, IDr, N(INITIAL_CONTACT), SAi2, TSi, TSr}"));
  EXPECT_THAT(lines[1], HasSubstr("SK {IDr, AUTH, EAP"));
  for (std::size_t i = 2; i + 2 < lines.size(); ++i) EXPECT_THAT(lines[i], HasSubstr("SK {EAP"));
  EXPECT_THAT(lines[lines.size() - 2], HasSubstr("SK {AUTH}"));
  EXPECT_THAT(lines.back(), HasSubstr("SK {AUTH, SAr2, TSi, TSr}"));
  expect_mirrored_child_sas(1);
  const auto* gateway = established(right());
  EXPECT_EQ(gateway->peer_identity(), Identification::fqdn("carol")) << "the one that EAP proved";
  EXPECT_EQ(gateway->claimed_identity(), Identification::fqdn(left_site.local_id));
}

TEST_F(Eap, AMethodWithoutAKeyLeavesTheKeysOfTheIkeSa) {
  method = kMd5;
  begin();
  ASSERT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(Eap, AWrongPasswordIsSaidAtBothEnds) {
  begin("looking glass");
  EXPECT_EQ(refusal_code(left()), RefusalCode::eap_failed);
  const auto* refused = right().last<ike::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->refusal.code, RefusalCode::eap_failed);
  EXPECT_THAT(refused->refusal.detail, HasSubstr("carol"));
  expect_clean();
}

TEST_F(Eap, WhoIsNotAmongThoseThatAreAcceptedIsRefusedAfterItsProof) {
  accepts = IdentityPattern::exactly(Identification::fqdn("dave"));
  begin();
  ASSERT_TRUE(refusal(left()).has_value());
  const auto* refused = right().last<ike::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->refusal.code, RefusalCode::unknown_identity);
  EXPECT_THAT(refused->refusal.ours, ElementsAre("net: eap_id = dave"));
  EXPECT_THAT(refused->refusal.theirs, ElementsAre("the EAP identity carol"));
  expect_clean();
}

TEST_F(Eap, EveryMessageMayBeLostOnce) {
  std::set<std::string> seen;
  world.set_judge([&](const InFlight& sent) {
    const std::string octets(sent.datagram.octets.begin(), sent.datagram.octets.end());
    return seen.insert(octets).second ? Fate::drop : Fate::deliver;
  });
  world.add("left", left_site.local, with_eap(left_site, true, "wonderland"));
  world.add("right", right_site.local, with_eap(right_site, false, "wonderland"));
  initiate("lan", minutes(3));
  ASSERT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(Eap, AClientThatFallsSilentIsForgotten) {
  unsigned answers = 0;
  world.set_judge([&](const InFlight& sent) {
    const bool auth = sent.datagram.octets.size() > 18 && sent.datagram.octets[18] == 35;
    if (sent.from.name == "left" && auth) ++answers;
    return answers > 2 && sent.from.name == "left" ? Fate::drop : Fate::deliver;
  });
  begin();
  world.run_for(minutes(15));
  EXPECT_EQ(right().engine.footprint(), ike::Footprint{});
  EXPECT_EQ(left().engine.footprint(), ike::Footprint{});
}

TEST_F(Eap, A18_AGatewayThatWantsEapTakesNobodyWithoutAndTheOtherWayRound) {
  world.add("left", left_site.local, left_site.snapshot());
  world.add("right", right_site.local, with_eap(right_site, false, "wonderland"));
  initiate("lan", seconds(5));
  EXPECT_EQ(refusal_code(left()), RefusalCode::authentication_failed);
  EXPECT_THAT(right().last<ike::Refused>()->refusal.ours, ElementsAre("net: EAP"));
  world.restart(left(), with_eap(left_site, true, "wonderland"));
  world.restart(right(), right_site.snapshot());
  initiate("lan", seconds(5));
  EXPECT_EQ(refusal_code(left()), RefusalCode::authentication_failed);
  EXPECT_THAT(right().last<ike::Refused>()->refusal.theirs.front(), HasSubstr("EAP of"));
  expect_clean();
}

TEST_F(Eap, TheTunnelOutlivesRekeyings) {
  begin();
  for (auto* node : {&left(), &right()}) {
    world.control(*node, ike::RekeyIke{ControlId{77}, established_id(*node), false});
    world.run_for(seconds(40));
    EXPECT_EQ(established(right())->peer_identity(), Identification::fqdn("carol"));
  }
  world.control(left(), ike::RekeyIke{ControlId{78}, established_id(left()), true});
  world.run_for(seconds(40));
  EXPECT_EQ(established_ike_sas(left()), 1U);
  EXPECT_EQ(established_ike_sas(right()), 1U);
  expect_mirrored_child_sas(1);
}

/// RFC 7296 §2.21.2: a client that does not believe the gateway says so in an INFORMATIONAL exchange, and nothing waits for it any more.
TEST_F(Eap, AClientThatEndsItInTheMiddleOfEapIsAnsweredAndForgotten) {
  const auto waiting = [](Node& node) {
    return std::get_if<ike::v2::AwaitEapRequest>(&node.engine.ike_sas().begin()->second.state());
  };
  bool silent = false;
  world.set_judge([&](const InFlight& sent) {
    silent = silent || (sent.from.name == "left" && waiting(left()) != nullptr);
    return silent && sent.from.name == "left" ? Fate::drop : Fate::deliver;
  });
  world.add("left", left_site.local, with_eap(left_site, true, "wonderland"));
  world.add("right", right_site.local, with_eap(right_site, false, "wonderland"));
  initiate("lan", seconds(1));
  const auto* state = waiting(left());
  ASSERT_NE(state, nullptr);
  const auto& sa = left().engine.ike_sas().begin()->second;
  const auto send = [&](const std::vector<wire::Payload>& payloads) {
    const auto header = sa.record().header(ExchangeType::INFORMATIONAL, state->window.next_id() - 1, false);
    SeededRandom random(1);
    to_right(ike::seal_message(world.library(), random, state->channel.keys().initiator, 1000000, header, payloads));
  };
  // What is no end has no place there.
  send({});
  EXPECT_EQ(right().last<ike::Refused>(), nullptr);
  mark_ladder();
  send({wire::NotifyPayload{ProtocolId::none, {}, NotifyType::AUTHENTICATION_FAILED, {}}});
  const auto* refused = right().last<ike::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_TRUE(refused->refusal.by_peer);
  EXPECT_EQ(refused->refusal.detail, "the initiator ended it in the middle of EAP");
  EXPECT_THAT(ladder_since_mark().back(), HasSubstr("INFORMATIONAL"));
  EXPECT_THAT(ladder_since_mark().back(), HasSubstr("SK {}"));
  world.run_for(minutes(3));
  EXPECT_EQ(right().engine.footprint(), ike::Footprint{});
}

/// A person who types a password takes longer than an earlier run's Child SAs may be held.
TEST_F(Eap, TheStackIsToldOfTheOfferWithTheProofAndNotBefore) {
  const auto is_at_proof = [&] {
    return std::holds_alternative<ike::v2::AwaitEapFinal>(left().engine.ike_sas().begin()->second.state());
  };
  unsigned before = 0;
  unsigned with_proof = 0;
  world.set_judge([&](const InFlight& sent) {
    const bool auth = sent.datagram.octets.size() > 18 && sent.datagram.octets[18] == 35;
    if (sent.from.name != "left" || !auth) return Fate::deliver;
    const bool told = !left().stack.expected().empty() && !left().stack.held_earlier().empty();
    (is_at_proof() ? with_proof : before) += told ? 1 : 0;
    return Fate::deliver;
  });
  begin();
  EXPECT_EQ(before, 0U);
  EXPECT_EQ(with_proof, 1U);
  EXPECT_TRUE(left().stack.expected().empty());
  expect_mirrored_child_sas(1);
}

TEST_F(Eap, F13_AnAuthAfterEapThatDoesNotFitItsKeyIsRefused) {
  const auto last_of = [](Node& node) {
    return std::get_if<ike::v2::AwaitEapFinal>(&node.engine.ike_sas().begin()->second.state());
  };
  world.set_judge([&](const InFlight& sent) {
    return sent.from.name == "left" && last_of(left()) != nullptr ? Fate::drop : Fate::deliver;
  });
  world.add("left", left_site.local, with_eap(left_site, true, "wonderland"));
  world.add("right", right_site.local, with_eap(right_site, false, "wonderland"));
  initiate("lan", seconds(1));
  const auto* state = last_of(left());
  ASSERT_NE(state, nullptr);
  const auto& sa = left().engine.ike_sas().begin()->second;
  const wire::AuthPayload wrong{AuthMethod::SHARED_KEY_MIC, Octets(state->channel.keys().pi.reveal().size(), 7)};
  const auto header = sa.record().header(ExchangeType::IKE_AUTH, state->window.next_id() - 1, false);
  SeededRandom random(1);
  to_right(ike::seal_message(world.library(), random, state->channel.keys().initiator, 1000000, header, {wrong}));
  EXPECT_EQ(right().last<ike::IkeSaEstablished>(), nullptr);
  const auto* refused = right().last<ike::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->refusal.code, RefusalCode::authentication_failed);
  EXPECT_EQ(refused->refusal.rule, "RFC 7296 §2.16");
  EXPECT_EQ(child_sas(right()), 0U);
}

}  // namespace
}  // namespace keypact::sim
