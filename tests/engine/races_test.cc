// Requests and exchanges that meet on their way: operators who ask again, peers who delete what is being installed, reloads.
// RFC 7296 §1.3.1, §1.4.1, §2.4.
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;

class Races : public Ladder {
 protected:
  /// An IKE SA with its first Child SA; "lan2" can follow. The stacks take their time from then on.
  void establish(Duration stack_delay = seconds(1)) {
    for (auto* site : {&left_site, &right_site}) site->more_children = {"lan2"};
    start();
    initiate();
    ASSERT_FALSE(refusal(left()).has_value());
    Faults slow;
    slow.most_stack_delay = stack_delay;
    world.set_faults(slow);
  }
  void ask(Node& node, ike::ControlRequest request) { world.control(node, request); }
  static ChildSaId only_child(Node& node) { return node.stack.child_sas().begin()->first; }
};

TEST_F(Races, AChildAskedForAgainWhileItIsOnItsWayIsThereOnce) {
  establish();
  for (const std::uint64_t id : {1u, 2u, 3u}) {
    ask(left(), ike::Initiate{ControlId{id}, "net", "lan2", {}, {}});
    world.run_for(milliseconds(1));
  }
  world.run_for(seconds(5));
  for (const std::uint64_t id : {1u, 2u, 3u}) EXPECT_EQ(outcome(left(), ControlId{id}), std::nullopt);
  expect_mirrored_child_sas(2);
}

TEST_F(Races, AChildAskedForAgainWhileTheIkeSaIsSetUpIsThereOnce) {
  start();
  Faults slow;
  slow.most_stack_delay = seconds(1);
  world.set_faults(slow);
  for (const std::uint64_t id : {1u, 2u}) ask(left(), ike::Initiate{ControlId{id}, "net", "lan", {}, {}});
  world.run_for(seconds(5));
  expect_mirrored_child_sas(1);
}

TEST_F(Races, AChildThatTheStackRefusedWasNeverUp) {
  start();
  left().stack.refuse_installs(1);
  initiate("lan", seconds(5));
  EXPECT_EQ(refusal_code(left()), RefusalCode::ipsec_stack);
  EXPECT_EQ(left().count<ike::ChildSaUp>() + left().count<ike::ChildSaDown>(), 0u);
  EXPECT_EQ(right().count<ike::ChildSaUp>(), right().count<ike::ChildSaDown>());
}

TEST_F(Races, AChildThatIsTerminatedWhileThePeerWaitsForItsInstallationIsAnsweredFirst) {
  establish();
  ask(left(), ike::Initiate{ControlId{1}, "net", "lan2", {}, {}});
  world.run_for(milliseconds(2));
  ASSERT_EQ(child_sas(right()), 2u) << "in the stack, but not answered yet";
  ask(right(), ike::TerminateChild{ControlId{2}, right().stack.child_sas().rbegin()->first});
  world.run_for(seconds(10));
  EXPECT_EQ(outcome(left(), ControlId{1}), RefusalCode::deleted_by_peer) << "while the keys were computed";
  EXPECT_EQ(outcome(right(), ControlId{2}), std::nullopt);
  expect_mirrored_child_sas(1);
}

TEST_F(Races, AChildThatThePeerDeletesWhileItIsInstalledIsReported) {
  for (auto* site : {&left_site, &right_site})
    site->esp_proposals = {{ProtocolId::ESP,
                            {encryption(EncryptionId::ENCR_AES_GCM_16, 256),
                             sequence_numbers(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT)}}};
  establish(seconds(10));
  ask(left(), ike::Initiate{ControlId{1}, "net", "lan2", {}, {}});
  // The right side has it, the left side's stack is slow.
  while (right().count<ike::ChildSaUp>() < 2) ASSERT_TRUE(world.step(world.now() + seconds(20)));
  ask(right(), ike::TerminateChild{ControlId{2}, right().stack.child_sas().rbegin()->first});
  world.run_for(seconds(30));
  EXPECT_EQ(outcome(right(), ControlId{2}), std::nullopt);
  EXPECT_EQ(outcome(left(), ControlId{1}), RefusalCode::deleted_by_peer);
  expect_mirrored_child_sas(1);
  EXPECT_EQ(left().count<ike::ChildSaUp>(), left().count<ike::ChildSaDown>() + 1);
}

TEST_F(Races, AChildWhoseDeletionOvertakesTheAnswerThatNamesItIsNotKept) {
  establish();
  world.set_faults({});
  // The answer to CREATE_CHILD_SA is held back until the Delete has passed it.
  world.set_judge([&](const InFlight& packet) {
    const auto header = wire::parse_header(packet.datagram.octets);
    return packet.from.name == "right" && header->response ? Fate::hold : Fate::deliver;
  });
  ask(left(), ike::Initiate{ControlId{1}, "net", "lan2", {}, {}});
  world.run_for(milliseconds(100));
  ask(right(), ike::TerminateChild{ControlId{2}, right().stack.child_sas().rbegin()->first});
  world.run_for(milliseconds(100));
  world.set_judge({});
  world.release_held();
  world.run_for(seconds(5));
  EXPECT_EQ(outcome(left(), ControlId{1}), RefusalCode::deleted_by_peer);
  EXPECT_EQ(outcome(right(), ControlId{2}), std::nullopt);
  expect_mirrored_child_sas(1);
}

TEST_F(Races, WhoeverCreatedTheOneOfTwoThatThePeerDeletesHearsOfTheOther) {
  unsigned waiting = 0;
  in_six_worlds([&](World& fresh, Node& one, Node& other) {
    fresh.control(one, ike::TerminateChild{ControlId{2}, only_child(one)});
    fresh.run_for(seconds(1));
    // The left end hears of what it has created when the right end has deleted that again.
    fresh.set_judge([](const InFlight& packet) {
      const auto header = wire::parse_header(packet.datagram.octets);
      return packet.from.name == "right" && header->exchange == ExchangeType::CREATE_CHILD_SA && header->response
                 ? Fate::hold
                 : Fate::deliver;
    });
    for (auto* node : {&one, &other}) fresh.control(*node, ike::Initiate{ControlId{3}, "net", "lan", {}, {}});
    fresh.run_for(milliseconds(300));
    fresh.set_judge({});
    fresh.release_held();
    waiting += one.last<ike::RequestDone>()->request == ControlId{2} ? 1 : 0;
    fresh.run_for(minutes(1));
    for (const auto* node : {&one, &other}) {
      EXPECT_EQ(outcome(*node, ControlId{3}), std::nullopt) << node->name;
      EXPECT_EQ(node->stack.child_sas().size(), 1u) << node->name;
    }
  });
  EXPECT_GT(waiting, 0u);
}

TEST_F(Races, WhatWasToBeDeletedAndGoesOtherwiseIsGone) {
  establish();
  const auto lan = only_child(left());
  // The answer to the first deletion is lost; behind it wait others.
  world.set_judge([](const InFlight& packet) { return packet.from.name == "right" ? Fate::drop : Fate::deliver; });
  ask(left(), ike::TerminateChild{ControlId{1}, lan});
  ask(left(), ike::TerminateChild{ControlId{2}, lan});
  ask(left(), ike::Initiate{ControlId{3}, "net", "lan2", {}, {}});
  ask(left(), ike::TerminateIke{ControlId{4}, established_id(left()), false});
  ask(left(), ike::TerminateIke{ControlId{5}, established_id(left()), false});
  world.run_for(minutes(10));
  for (const std::uint64_t id : {1u, 2u, 4u, 5u}) EXPECT_EQ(outcome(left(), ControlId{id}), std::nullopt) << id;
  EXPECT_EQ(outcome(left(), ControlId{3}), RefusalCode::no_answer);
}

TEST_F(Races, AKeyPairThatCannotBeMadeDoesNotHoldUpWhatWaitsBehindIt) {
  for (auto* site : {&left_site, &right_site}) {
    site->more_children = {"lan2"};
    site->esp_proposals = {
        {ProtocolId::ESP,
         {encryption(EncryptionId::ENCR_AES_GCM_16, 256), key_exchange(KeyExchangeMethod::CURVE25519),
          sequence_numbers(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT)}}};
    site->dpd_delay = seconds(10);
  }
  start();
  initiate();
  Faults failing;
  failing.failed_jobs = 100;
  world.set_faults(failing);
  ask(left(), ike::Initiate{ControlId{1}, "net", "lan2", {}, {}});
  ask(left(), ike::TerminateChild{ControlId{2}, only_child(left())});
  world.run_for(minutes(1));
  EXPECT_EQ(outcome(left(), ControlId{1}), RefusalCode::key_exchange_failed);
  EXPECT_EQ(outcome(left(), ControlId{2}), std::nullopt);
  expect_mirrored_child_sas(0);
}

TEST_F(Races, AChildThatTheConfigurationGainsComesUpInTheIkeSaThatIsThere) {
  start();
  initiate();
  for (auto* site : {&left_site, &right_site}) site->more_children = {"lan2"};
  world.configure(left(), left_site.snapshot());
  world.configure(right(), right_site.snapshot());
  initiate("lan2");
  EXPECT_FALSE(refusal(left()).has_value());
  EXPECT_EQ(left().engine.ike_sas().size(), 1u);
  expect_mirrored_child_sas(2);
}

TEST_F(Races, AnIkeSaKeepsItsConfigurationWhenTheNewOneNamesAnotherPeer) {
  establish();
  left_site.remote_id = "somebody.else.example";
  left_site.more_children = {};
  world.configure(left(), left_site.snapshot());
  ask(right(), ike::Initiate{ControlId{1}, "net", "lan2", {}, {}});
  world.run_for(seconds(5));
  EXPECT_EQ(outcome(right(), ControlId{1}), std::nullopt);
}

TEST_F(Races, AChildThatTheConfigurationLosesWhileItIsNegotiatedIsSetUpAsItWasConfigured) {
  establish();
  ask(left(), ike::Initiate{ControlId{1}, "net", "lan2", {}, {}});
  left_site.more_children = {};
  world.configure(left(), left_site.snapshot());
  world.run_for(seconds(5));
  EXPECT_EQ(outcome(left(), ControlId{1}), std::nullopt);
  expect_mirrored_child_sas(2);
}

}  // namespace
}  // namespace keypact::sim
