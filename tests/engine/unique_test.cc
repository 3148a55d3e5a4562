// How many IKE SAs a peer may have, how often one is tried, and IKE SAs without a first Child SA: swanctl's unique, keyingtries and
// childless. RFC 7296 §2.4, RFC 6023.
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;

/// Left and twin are two hosts of one identity; right takes its peers from anywhere.
class Unique : public Ladder {
 protected:
  void start_with(config::UniquePolicy policy, config::UniquePolicy of_clients = config::UniquePolicy::never) {
    right_site.unique = policy;
    left_site.unique = of_clients;  // never: INITIAL_CONTACT is not said
    world.add("left", left_site.local, left_site.snapshot());
    auto connection = std::make_shared<config::Connection>(*right_site.connection());
    connection->remote_addrs = {{}};
    auto snapshot = std::make_shared<config::Snapshot>(*right_site.snapshot());
    snapshot->connections = {std::move(connection)};
    world.add("right", right_site.local, std::move(snapshot));
    auto twin = left_site;
    twin.local = IpAddress::v4(192, 0, 2, 9);
    world.add("twin", twin.local, twin.snapshot());
  }
  void both_initiate() {
    initiate();
    world.control(world.node("twin"), ike::Initiate{ControlId{2}, "net", "lan", {}, {}});
    world.run_for(seconds(5));
  }
  std::size_t at_left() { return child_sas(left()); }
  std::size_t at_twin() { return child_sas(world.node("twin")); }
};

TEST_F(Unique, NoLeavesThemAllUnlessThePeerSaysInitialContact) {
  start_with(config::UniquePolicy::no);
  both_initiate();
  EXPECT_EQ(established_ike_sas(right()), 2u);
}

TEST_F(Unique, NoTakesInitialContactForTrue) {
  start_with(config::UniquePolicy::no, config::UniquePolicy::no);
  both_initiate();
  EXPECT_EQ(established_ike_sas(right()), 1u);
  EXPECT_EQ(at_twin(), 1u);
}

TEST_F(Unique, NeverPassesInitialContactOver) {
  start_with(config::UniquePolicy::never, config::UniquePolicy::no);
  both_initiate();
  EXPECT_EQ(established_ike_sas(right()), 2u);
}

TEST_F(Unique, ReplaceDeletesTheOlderOne) {
  start_with(config::UniquePolicy::replace);
  both_initiate();
  EXPECT_EQ(established_ike_sas(right()), 1u);
  EXPECT_EQ(at_left(), 0u) << "it was told";
  EXPECT_EQ(at_twin(), 1u);
}

TEST_F(Unique, ReplaceGivesWhoComesFromTheSamePlaceTheTimeToReauthenticate) {
  start_with(config::UniquePolicy::replace);
  initiate();
  world.control(left(), ike::RekeyIke{ControlId{7}, established_id(left()), true});
  world.run_for(seconds(30));
  EXPECT_EQ(established_ike_sas(right()), 1u);
  EXPECT_EQ(at_left(), 1u);
  EXPECT_EQ(child_sas(right()), 1u);
}

TEST_F(Unique, KeepRefusesTheNewOne) {
  start_with(config::UniquePolicy::keep);
  both_initiate();
  EXPECT_EQ(established_ike_sas(right()), 1u);
  EXPECT_EQ(at_left(), 1u);
  EXPECT_EQ(refusal_code(world.node("twin")), RefusalCode::authentication_failed);
  EXPECT_EQ(right().last<ike::Refused>()->refusal.code, RefusalCode::not_unique);
}

class Tries : public Ladder {
 protected:
  void never_answered(const std::string& child = "lan") {
    start();
    world.part(left(), right());
    initiate(child, minutes(30));
  }
  std::size_t attempts() {
    return static_cast<std::size_t>(std::ranges::count_if(
        world.ladder(), [](const std::string& line) { return line.starts_with("left  IKE_SA_INIT request 0  HDR"); }));
  }
  void start_action() { world.control(left(), ike::Initiate{ControlId{77}, "net", "lan", {}, {}, true}); }
};

TEST_F(Tries, AnOperatorsInitiationIsTriedOnce) {
  never_answered();
  EXPECT_EQ(attempts(), 1u);
  EXPECT_EQ(refusal_code(left()), RefusalCode::no_answer);
}

TEST_F(Tries, AsOftenAsKeyingtriesSays) {
  left_site.keyingtries = 3;
  never_answered();
  EXPECT_EQ(attempts(), 3u);
  EXPECT_EQ(refusal_code(left()), RefusalCode::no_answer);
  EXPECT_EQ(left().count<ike::RequestDone>(), 1u);
}

TEST_F(Tries, ForEverUntilThePeerIsThere) {
  left_site.keyingtries = 0;
  never_answered();
  EXPECT_GT(attempts(), 8u);
  world.join(left(), right());
  world.run_for(minutes(5));
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(Tries, AStartActionGivesUpWhenItIsToldTo) {
  left_site.keyingtries = 2;
  start();
  world.part(left(), right());
  start_action();
  world.run_for(minutes(60));
  EXPECT_EQ(attempts(), 2u);
  EXPECT_FALSE(left().engine.deadline().has_value());
}

class Childless : public Ladder {
 protected:
  void initiate_ike() {
    world.control(left(), ike::Initiate{ControlId{3}, "net", {}, {}, {}, false, true});
    world.run_for(seconds(1));
  }
};

TEST_F(Childless, OnlyTheIkeSaWhenNothingElseIsWanted) {
  start();
  initiate_ike();
  EXPECT_EQ(outcome(left(), ControlId{3}), std::nullopt);
  EXPECT_EQ(world.ladder()[2], "left  IKE_AUTH request 1  HDR, SK {IDi, IDr, N(INITIAL_CONTACT), AUTH}");
  EXPECT_EQ(world.ladder()[3], "right  IKE_AUTH response 1  HDR, SK {IDr, AUTH}");
  EXPECT_EQ(established_ike_sas(right()), 1u);
  expect_mirrored_child_sas(0);
  initiate();
  expect_mirrored_child_sas(1);
  EXPECT_EQ(established_ike_sas(left()), 1u) << "in the IKE SA that is there";
}

TEST_F(Childless, AResponderThatNeverDoesSoDoesNotSayThatItWould) {
  right_site.childless = config::Childless::never;
  start();
  initiate_ike();
  EXPECT_EQ(outcome(left(), ControlId{3}), RefusalCode::child_in_ike_auth);
  EXPECT_TRUE(left().engine.ike_sas().empty());
}

TEST_F(Childless, WhoPrefersItCreatesItsChildSaAfterwards) {
  left_site.childless = config::Childless::prefer;
  start();
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  EXPECT_EQ(world.ladder()[3], "right  IKE_AUTH response 1  HDR, SK {IDr, AUTH}");
  EXPECT_TRUE(world.ladder()[4].starts_with("left  CREATE_CHILD_SA request 2")) << world.ladder()[4];
  expect_mirrored_child_sas(1);
}

TEST_F(Childless, WhoPrefersItGoesWithAChildWhereThePeerCannot) {
  left_site.childless = config::Childless::prefer;
  right_site.childless = config::Childless::never;
  start();
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  EXPECT_EQ(world.ladder().size(), 4u);
  expect_mirrored_child_sas(1);
}

TEST_F(Childless, WhoForcesItDoesNotGoWithAChild) {
  left_site.childless = config::Childless::force;
  right_site.childless = config::Childless::never;
  start();
  initiate();
  EXPECT_EQ(refusal_code(left()), RefusalCode::child_in_ike_auth);
}

TEST_F(Childless, WhoForcesItTakesNoChildInIkeAuth) {
  right_site.childless = config::Childless::force;
  start();
  initiate();
  EXPECT_EQ(world.ladder()[3], "right  IKE_AUTH response 1  HDR, SK {N(NO_ADDITIONAL_SAS)}");
  EXPECT_EQ(refusal_code(left()), RefusalCode::no_additional_sas);
  EXPECT_EQ(established_ike_sas(right()), 0u);
}

TEST_F(Childless, H15_AnUnprotectedNotifyAfterTheFirstExchangeSaysNothing) {
  start();
  initiate();
  wire::Header header = left().engine.ike_sas().begin()->second.record().header(ExchangeType::INFORMATIONAL, 2, false);
  const std::vector<wire::Payload> payloads = {ike::notify_payload(NotifyType::CHILDLESS_IKEV2_SUPPORTED)};
  world.inject(right(), {{right_site.local, 500}, {left_site.local, 500}, wire::encode_message(header, payloads)});
  world.run_for(seconds(1));
  EXPECT_EQ(right().engine.counters().not_authentic, 1u);
  expect_mirrored_child_sas(1);
}

}  // namespace
}  // namespace keypact::sim
