// The DSCP of what IKE sends: chosen for each connection, as soon as it is known.
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

constexpr std::uint8_t kCs6 = 0b110000;
constexpr std::uint8_t kEf = 0b101110;
using Classes = std::vector<int>;

class Dscp : public Ladder {
 protected:
  void establish() {
    world.set_judge([this](const InFlight& sent) {
      sent_by_[sent.from.name].push_back(sent.datagram.traffic_class);
      return Fate::deliver;
    });
    start();
    initiate();
    ASSERT_FALSE(refusal(left()).has_value());
  }
  /// The traffic classes of what it sent since the last call.
  Classes take_sent_by(const Node& node) { return std::exchange(sent_by_[node.name], {}); }
  void expect_only(Node& node, int traffic_class) {
    const auto sent = take_sent_by(node);
    EXPECT_FALSE(sent.empty());
    for (const auto each : sent) EXPECT_EQ(each, traffic_class);
  }

 private:
  std::map<std::string, Classes> sent_by_;
};

TEST_F(Dscp, EachEndHasTheOneOfItsOwnConnection) {
  left_site.dscp = kCs6;
  right_site.dscp = kEf;
  establish();
  EXPECT_EQ(take_sent_by(left()), (Classes{kCs6 << 2, kCs6 << 2}));
  EXPECT_EQ(take_sent_by(right()), (Classes{0, kEf << 2}))
      << "a responder knows the connection when it knows the peer's identity";
}

TEST_F(Dscp, ItStaysThroughRekeyingsAndToTheLastMessage) {
  left_site.dscp = right_site.dscp = kCs6;
  establish();
  (void)take_sent_by(right());
  for (auto* node : {&left(), &right()}) {
    world.control(*node, ike::RekeyIke{ControlId{77}, established_id(*node), false});
    world.run_for(seconds(20));
  }
  world.control(left(), ike::TerminateIke{ControlId{78}, established_id(left()), false});
  world.run_for(seconds(5));
  expect_only(left(), kCs6 << 2);
  expect_only(right(), kCs6 << 2);
}

TEST_F(Dscp, AChangedConfigurationChangesItAtOnce) {
  establish();
  expect_only(left(), 0);
  left_site.dscp = kEf;
  world.configure(left(), left_site.snapshot());
  world.control(left(), ike::RekeyIke{ControlId{77}, established_id(left()), false});
  world.run_for(seconds(5));
  expect_only(left(), kEf << 2);
}

}  // namespace
}  // namespace keypact::sim
