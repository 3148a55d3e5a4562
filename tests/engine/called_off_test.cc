// An operator ends an attempt whose IKE_AUTH request is on its way: the peer may hold an IKE SA by then. RFC 7296 §1.2, §1.4.1.
#include "tests/engine/ladder.h"
#include "wire/message.h"

namespace keypact::sim {
namespace {

class CalledOff : public Ladder {
 protected:
  /// left's attempt waits for the response to IKE_AUTH, whose fate this is.
  void begin_and_terminate(Fate fate, bool at_once = false) {
    start();
    world.set_judge([fate](const InFlight& packet) {
      const auto header = wire::parse_header(packet.datagram.octets);
      return packet.from.name == "right" && header->exchange == ExchangeType::IKE_AUTH ? fate : Fate::deliver;
    });
    initiate();
    EXPECT_EQ(established_ike_sas(right()), 1u) << "the peer has it";
    attempt_ = left().engine.ike_sas().begin()->first;
    world.control(left(), ike::TerminateIke{ControlId{9}, attempt_, at_once});
    EXPECT_EQ(outcome(left(), ControlId{9}), std::nullopt) << "the operator hears at once that it is so";
    EXPECT_EQ(outcome(left(), ControlId{1000001}), ike::RefusalCode::terminated) << "and so does who had wanted it";
  }
  void expect_nothing_left() {
    for (auto* node : {&left(), &right()}) {
      EXPECT_EQ(node->engine.footprint(), ike::Footprint{}) << node->name;
      EXPECT_EQ(child_sas(*node), 0u) << node->name;
    }
    EXPECT_EQ(left().count<ike::IkeSaEstablished>(), 0u);
    EXPECT_EQ(left().count<ike::IkeSaClosed>(), 1u);
    EXPECT_EQ(left().last<ike::IkeSaClosed>()->reason.code, ike::RefusalCode::terminated);
  }
  IkeSaId attempt_;
};

TEST_F(CalledOff, WhatComesOfItIsDeletedAtThePeerToo) {
  begin_and_terminate(Fate::hold);
  world.set_judge({});
  mark_ladder();
  world.release_held();
  world.run_for(minutes(1));
  expect_nothing_left();
  EXPECT_EQ(right().last<ike::IkeSaClosed>()->reason.code, ike::RefusalCode::deleted_by_peer);
}

TEST_F(CalledOff, ItGoesOnUntilThePeerAnswers) {
  begin_and_terminate(Fate::drop);
  world.run_for(seconds(10));
  EXPECT_EQ(established_ike_sas(right()), 1u);
  world.set_judge({});
  world.run_for(minutes(2));
  expect_nothing_left();
}

TEST_F(CalledOff, APeerThatStaysSilentIsGivenUpWithoutAnotherTry) {
  left_site.keyingtries = 0;
  begin_and_terminate(Fate::drop);
  world.run_for(minutes(20));
  EXPECT_TRUE(left().engine.ike_sas().empty());
  EXPECT_EQ(left().count<ike::IkeSaClosed>(), 1u);
}

TEST_F(CalledOff, AtOnceMeansAtOnce) {
  begin_and_terminate(Fate::drop, true);
  EXPECT_EQ(left().count<ike::IkeSaClosed>(), 1u);
  EXPECT_EQ(left().engine.footprint().esp_spis, 0u);
}

TEST_F(CalledOff, WhoWantsItAgainWaitsForTheAnswer) {
  begin_and_terminate(Fate::hold);
  world.control(left(), ike::Initiate{ControlId{5}, "net", "lan", {}, {}});
  EXPECT_EQ(left().engine.ike_sas().size(), 1u);
  world.set_judge({});
  world.release_held();
  world.run_for(minutes(1));
  EXPECT_EQ(outcome(left(), ControlId{5}), std::nullopt);
  expect_mirrored_child_sas(1);
  EXPECT_EQ(established_ike_sas(right()), 1u);
}

TEST_F(CalledOff, WhoWantsItAgainWaitsNoLongerForAPeerThatIsSilent) {
  begin_and_terminate(Fate::drop);
  world.run_for(seconds(8));
  world.set_judge({});
  world.control(left(), ike::Initiate{ControlId{5}, "net", "lan", {}, {}});
  world.run_for(seconds(2));
  EXPECT_EQ(outcome(left(), ControlId{5}), std::nullopt);
  world.run_for(minutes(1));
  expect_mirrored_child_sas(1);
  EXPECT_EQ(established_ike_sas(right()), 1u) << "INITIAL_CONTACT ended the other one";
}

TEST_F(CalledOff, AReauthenticationThatIsCalledOffLeavesTheTunnelAsItWas) {
  start();
  initiate();
  const auto before = established_id(left());
  world.set_judge([](const InFlight& packet) {
    const auto header = wire::parse_header(packet.datagram.octets);
    return packet.from.name == "right" && header->exchange == ExchangeType::IKE_AUTH ? Fate::hold : Fate::deliver;
  });
  world.control(left(), ike::RekeyIke{ControlId{7}, before, true});
  world.run_for(seconds(1));
  for (const auto& [id, sa] : left().engine.ike_sas()) attempt_ = sa.established() == nullptr ? id : attempt_;
  world.control(left(), ike::TerminateIke{ControlId{9}, attempt_, false});
  world.set_judge({});
  world.release_held();
  world.run_for(minutes(1));
  EXPECT_EQ(outcome(left(), ControlId{7}), ike::RefusalCode::terminated);
  EXPECT_EQ(established_id(left()), before);
  expect_mirrored_child_sas(1);
  EXPECT_EQ(established_ike_sas(right()), 1u);
}

}  // namespace
}  // namespace keypact::sim
