// Both ends want the same tunnel at the same moment, and what they send to each other does not arrive in step. RFC 7296 §2.4, §2.8.
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

class SimultaneousStart : public Ladder {
 protected:
  void start_both() {
    start();
    for (auto* node : {&left(), &right()})
      world.control(*node, ike::Initiate{ControlId{1}, "net", "lan", {}, {}, true});
  }
  void expect_one_tunnel() {
    expect_mirrored_child_sas(1);
    for (auto* node : {&left(), &right()}) {
      std::size_t established = 0;
      for (const auto& [id, sa] : node->engine.ike_sas()) established += sa.established() != nullptr ? 1 : 0;
      EXPECT_EQ(established, 1u) << node->name;
    }
  }
};

TEST_F(SimultaneousStart, OneTunnelComesOfTwoAttempts) {
  start_both();
  world.run_for(minutes(2));
  expect_one_tunnel();
}

TEST_F(SimultaneousStart, AnAttemptWhoseFirstRequestWasLostEndsWhenThePeersHasCome) {
  // Were it to go on, its INITIAL_CONTACT would end the other one at the right side, and the left side would delete it.
  bool lost = false;
  world.set_judge([&](const InFlight& packet) {
    return packet.from.name == "left" && !std::exchange(lost, true) ? Fate::drop : Fate::deliver;
  });
  start_both();
  world.run_for(minutes(2));
  expect_one_tunnel();
  EXPECT_EQ(left().count<ike::ChildSaUp>() + right().count<ike::ChildSaUp>(), 2u);
  EXPECT_EQ(left().count<ike::ChildSaDown>() + right().count<ike::ChildSaDown>(), 0u);
}

TEST_F(SimultaneousStart, WhoeverWaitsForAnAttemptThatIsWithdrawnHearsOfTheOther) {
  world.set_judge([&](const InFlight& packet) {
    return packet.from.name == "left" && packet.number <= 2 ? Fate::drop : Fate::deliver;
  });
  start();
  world.control(left(), ike::Initiate{ControlId{5}, "net", "lan", {}, {}});
  world.control(right(), ike::Initiate{ControlId{6}, "net", "lan", {}, {}});
  world.run_for(minutes(2));
  expect_one_tunnel();
  for (auto* node : {&left(), &right()}) EXPECT_FALSE(refusal(*node).has_value()) << node->name;
}

}  // namespace
}  // namespace keypact::sim
