// Several authentications of one end. RFC 4739.
#include <gmock/gmock.h>

#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint8_t kMschapv2 = 26;

config::AuthRound psk(const std::string& id) {
  return {config::AuthKind::psk, IdentityPattern::exactly(Identification::fqdn(id))};
}
config::AuthRound eap(const std::string& id) {
  config::AuthRound round{config::AuthKind::eap, IdentityPattern::exactly(Identification::fqdn(id))};
  round.eap_types = {kMschapv2};
  round.eap_id = IdentityPattern::exactly(Identification::fqdn(id));
  return round;
}

/// Left is the host whose user is carol, right the gateway.
class Rounds : public Ladder {
 protected:
  using List = std::vector<config::AuthRound>;
  struct Both {
    List local;
    List remote;
  };

  static std::shared_ptr<config::Snapshot> with_rounds(const SiteToSite& site, const Both& rounds) {
    auto snapshot = std::make_shared<config::Snapshot>(*site.snapshot());
    auto connection = std::make_shared<config::Connection>(*snapshot->connections.front());
    connection->local = rounds.local;
    connection->remote = rounds.remote;
    snapshot->connections.front() = std::move(connection);
    snapshot->ike_secrets.clear();
    for (const std::string owner : {"left.example", "carol", "second.gateway"})
      snapshot->ike_secrets.push_back(std::make_shared<const config::SharedKey>(
          config::SharedKey{owner,
                            {IdentityPattern::exactly(Identification::fqdn(owner))},
                            Secret::copy_of(as_octets("the key of " + owner))}));
    snapshot->eap_secrets = {std::make_shared<const config::EapSecret>(
        config::EapSecret{"eap", {"carol"}, Secret::copy_of(as_octets("wonderland")), false})};
    return snapshot;
  }
  void begin(const Both& of_left, const Both& of_right) {
    world.add("left", left_site.local, with_rounds(left_site, of_left));
    world.add("right", right_site.local, with_rounds(right_site, of_right));
    mark_ladder();
    initiate("lan", seconds(20));
  }
  /// Both ends know the same of each other.
  void begin(const List& initiator, const List& responder) { begin({initiator, responder}, {responder, initiator}); }
  std::vector<std::string> ike_auth() {
    std::vector<std::string> lines;
    for (const auto& line : ladder_since_mark())
      if (const auto at = line.find("IKE_AUTH"); at != std::string::npos) lines.push_back(line.substr(line.find("SK")));
    return lines;
  }
  void expect_tunnel() {
    const auto why = refusal(left());
    ASSERT_FALSE(why.has_value()) << why->detail;
    expect_mirrored_child_sas(1);
  }
  void expect_nothing() {
    world.run_for(minutes(3));
    EXPECT_EQ(child_sas(left()), 0U);
    EXPECT_EQ(child_sas(right()), 0U);
    EXPECT_EQ(left().engine.footprint(), ike::Footprint{});
    EXPECT_EQ(right().engine.footprint(), ike::Footprint{});
  }

  const List machine_and_user{psk("left.example"), psk("carol")};
  const List gateway{psk("right.example")};
};

/// RFC 4739 §2.4.
TEST_F(Rounds, TwoOfTheInitiator) {
  begin(machine_and_user, gateway);
  expect_tunnel();
  EXPECT_THAT(ladder_since_mark()[1], HasSubstr("N(MULTIPLE_AUTH_SUPPORTED)"));
  EXPECT_THAT(ike_auth(),
              ElementsAre("SK {IDi, IDr, N(INITIAL_CONTACT), AUTH, SAi2, TSi, TSr, N(MULTIPLE_AUTH_SUPPORTED), "
                          "N(ANOTHER_AUTH_FOLLOWS)}",
                          "SK {IDr, AUTH}", "SK {IDi, AUTH}", "SK {SAr2, TSi, TSr}"));
  const auto* peer = established(right());
  EXPECT_EQ(peer->peer_identity(), Identification::fqdn("carol")) << "whom the last round proved";
  EXPECT_EQ(peer->claimed_identity(), Identification::fqdn("left.example"));
}

/// RFC 4739 §2.3.
TEST_F(Rounds, ASharedKeyOfTheMachineThenEapOfItsUser) {
  begin({psk("left.example"), eap("carol")}, gateway);
  expect_tunnel();
  const auto lines = ike_auth();
  ASSERT_GE(lines.size(), 8U);
  EXPECT_THAT(lines[0], HasSubstr("N(ANOTHER_AUTH_FOLLOWS)"));
  EXPECT_EQ(lines[1], "SK {IDr, AUTH}");
  EXPECT_EQ(lines[2], "SK {IDi}");
  EXPECT_THAT(lines[3], HasSubstr("SK {EAP"));
  EXPECT_EQ(lines[lines.size() - 2], "SK {AUTH}");
  EXPECT_EQ(lines.back(), "SK {AUTH, SAr2, TSi, TSr}");
  EXPECT_EQ(established(right())->peer_identity(), Identification::fqdn("carol"));
}

/// RFC 4739 §2.2.
TEST_F(Rounds, EapTwice) {
  begin({eap("carol"), eap("carol")}, gateway);
  expect_tunnel();
  const auto lines = ike_auth();
  EXPECT_THAT(lines[1], HasSubstr("SK {IDr, AUTH, EAP"));
  EXPECT_EQ(std::ranges::count(lines, "SK {AUTH, N(ANOTHER_AUTH_FOLLOWS)}"), 1);
  EXPECT_EQ(std::ranges::count(lines, "SK {IDi}"), 1);
  EXPECT_EQ(lines.back(), "SK {AUTH, SAr2, TSi, TSr}");
}

TEST_F(Rounds, EapThenASharedKey) {
  begin({eap("carol"), psk("left.example")}, gateway);
  expect_tunnel();
  EXPECT_EQ(ike_auth().back(), "SK {SAr2, TSi, TSr}");
}

TEST_F(Rounds, TwoOfTheResponder) {
  begin({psk("left.example")}, {psk("right.example"), psk("second.gateway")});
  expect_tunnel();
  EXPECT_THAT(ike_auth(), ElementsAre(HasSubstr("SK {IDi"), "SK {IDr, AUTH, N(ANOTHER_AUTH_FOLLOWS)}", "SK {}",
                                      "SK {IDr, AUTH, SAr2, TSi, TSr}"));
  EXPECT_EQ(established(left())->peer_identity(), Identification::fqdn("second.gateway"));
}

TEST_F(Rounds, TwoOfEachAndThreeOfOne) {
  begin({psk("left.example"), psk("carol"), psk("left.example")}, {psk("right.example"), psk("second.gateway")});
  expect_tunnel();
  EXPECT_THAT(ike_auth(), ElementsAre(HasSubstr("N(ANOTHER_AUTH_FOLLOWS)"), "SK {IDr, AUTH, N(ANOTHER_AUTH_FOLLOWS)}",
                                      "SK {IDi, AUTH, N(ANOTHER_AUTH_FOLLOWS)}", "SK {IDr, AUTH}", "SK {IDi, AUTH}",
                                      "SK {SAr2, TSi, TSr}"));
}

/// F02: nothing of the second round is taken for granted because of the first.
TEST_F(Rounds, F02_AFurtherRoundThatFailsLeavesNothing) {
  auto of_right = Both{gateway, {psk("left.example"), psk("carol")}};
  world.add("left", left_site.local, with_rounds(left_site, {machine_and_user, gateway}));
  auto snapshot = with_rounds(right_site, of_right);
  snapshot->ike_secrets[1] = std::make_shared<const config::SharedKey>(
      config::SharedKey{"carol",
                        {IdentityPattern::exactly(Identification::fqdn("carol"))},
                        Secret::copy_of(as_octets("another key for carol"))});
  world.add("right", right_site.local, std::move(snapshot));
  initiate("lan", seconds(20));
  EXPECT_EQ(refusal_code(left()), RefusalCode::authentication_failed);
  const auto* refused = right().last<ike::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_THAT(refused->refusal.theirs, ElementsAre(HasSubstr("carol")));
  expect_nothing();
}

TEST_F(Rounds, F02_ASecondRoundByEapThatFailsLeavesNothing) {
  auto snapshot = with_rounds(right_site, {gateway, {psk("left.example"), eap("carol")}});
  snapshot->eap_secrets = {std::make_shared<const config::EapSecret>(
      config::EapSecret{"eap", {"carol"}, Secret::copy_of(as_octets("looking-glass")), false})};
  world.add("left", left_site.local, with_rounds(left_site, {{psk("left.example"), eap("carol")}, gateway}));
  world.add("right", right_site.local, std::move(snapshot));
  initiate("lan", seconds(20));
  EXPECT_EQ(refusal_code(left()), RefusalCode::eap_failed);
  expect_nothing();
}

TEST_F(Rounds, F02_AnInitiatorWithFewerRoundsThanWantedIsRefused) {
  begin({{psk("left.example")}, gateway}, {gateway, machine_and_user});
  EXPECT_EQ(refusal_code(left()), RefusalCode::authentication_failed);
  const auto* refused = right().last<ike::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->refusal.rule, "RFC 4739 §2.1");
  EXPECT_THAT(refused->refusal.detail, HasSubstr("the peer takes one authentication of each end"));
  expect_nothing();
}

TEST_F(Rounds, F02_AResponderWithFewerRoundsThanWantedIsRefused) {
  begin({{psk("left.example")}, {psk("right.example"), psk("second.gateway")}}, {gateway, machine_and_user});
  ASSERT_TRUE(refusal(left()).has_value());
  expect_nothing();
}

TEST_F(Rounds, F02_AnInitiatorThatEndsAfterTheSecondOfThreeIsRefused) {
  begin({machine_and_user, gateway}, {gateway, {psk("left.example"), psk("carol"), psk("carol")}});
  EXPECT_EQ(refusal_code(left()), RefusalCode::authentication_failed);
  const auto* refused = right().last<ike::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_THAT(refused->refusal.theirs, ElementsAre("2, and no other one follows"));
  expect_nothing();
}

TEST_F(Rounds, AResponderThatDoesNotKnowRoundsIsToldApartBeforeAnythingIsShown) {
  begin({machine_and_user, gateway}, {gateway, {psk("left.example")}});
  const auto why = refusal(left());
  ASSERT_TRUE(why.has_value());
  EXPECT_THAT(why->theirs, ElementsAre("no MULTIPLE_AUTH_SUPPORTED"));
  EXPECT_THAT(ike_auth(), ElementsAre()) << "not even our identity went out";
  expect_nothing();
}

TEST_F(Rounds, AnotherIdentityInTheSecondRoundIsRefused) {
  begin({machine_and_user, gateway}, {gateway, {psk("left.example"), psk("left.example")}});
  const auto* refused = right().last<ike::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->refusal.code, RefusalCode::unknown_identity);
  EXPECT_THAT(refused->refusal.ours, ElementsAre(HasSubstr("in round 2")));
  expect_nothing();
}

TEST_F(Rounds, LostMessagesOfFurtherRoundsAreSentAgain) {
  world.add("left", left_site.local, with_rounds(left_site, {{psk("left.example"), eap("carol")}, gateway}));
  world.add("right", right_site.local, with_rounds(right_site, {gateway, {psk("left.example"), eap("carol")}}));
  std::size_t sent = 0;
  world.set_judge([&](const InFlight&) { return ++sent % 3 == 0 ? Fate::drop : Fate::deliver; });
  initiate("lan", minutes(2));
  expect_tunnel();
}

TEST_F(Rounds, AnInitiatorThatGoesAwayBetweenTwoIsForgotten) {
  world.add("left", left_site.local, with_rounds(left_site, {machine_and_user, gateway}));
  world.add("right", right_site.local, with_rounds(right_site, {gateway, machine_and_user}));
  std::size_t requests = 0;
  world.set_judge(
      [&](const InFlight& sent) { return sent.from.name == "left" && ++requests > 2 ? Fate::drop : Fate::deliver; });
  initiate("lan", seconds(10));
  EXPECT_TRUE(std::holds_alternative<ike::v2::AwaitRound>(right().engine.ike_sas().begin()->second.state()));
  world.run_for(minutes(2));
  EXPECT_EQ(right().engine.footprint(), ike::Footprint{});
}

TEST_F(Rounds, AReconfigurationWithAnotherRoundIsNotThatOfTheseIkeSas) {
  begin(machine_and_user, gateway);
  expect_tunnel();
  const auto before = established(right())->parts().connection;
  world.configure(right(), with_rounds(right_site, {gateway, {psk("left.example")}}));
  EXPECT_EQ(established(right())->parts().connection, before);
}

}  // namespace
}  // namespace keypact::sim
