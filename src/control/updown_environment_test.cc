#include "control/updown_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypact::control {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::Not;

IpAddress address(const char* text) { return *IpAddress::parse(text); }
TrafficSelector range(const char* first, const char* last, std::uint8_t protocol = 0,
                      PortRange ports = PortRange::any()) {
  return {address(first), address(last), protocol, ports};
}

class UpdownEnvironment : public testing::Test {
 protected:
  UpdownEnvironment() {
    ike.id = IkeSaId{7};
    ike.local_id = "left.example";
    ike.peer_id = "right.example";
    ike.record.local = {address("192.0.2.1"), 4500};
    ike.record.remote = {address("192.0.2.2"), 40001};
    child.name = "net";
    child.local = {range("10.1.0.0", "10.1.0.255")};
    child.remote = {range("10.2.0.0", "10.2.0.255")};
  }
  [[nodiscard]] std::vector<UpdownRun> runs() const { return updown_runs(ike, child, {"wire", 9, false}); }
  IkeFacts ike;
  ike::v2::ChildSa child;
};

TEST_F(UpdownEnvironment, SaysWhatCharonSaysOfATunnelBetweenTwoNetworks) {
  const auto told = runs();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told.front().scope, "client");
  EXPECT_THAT(told.front().variables,
              ElementsAre("PLUTO_VERSION=1.1", "PLUTO_CONNECTION=net", "PLUTO_INTERFACE=wire", "PLUTO_REQID=9",
                          "PLUTO_PROTO=esp", "PLUTO_UNIQUEID=7", "PLUTO_ME=192.0.2.1", "PLUTO_MY_ID=left.example",
                          "PLUTO_PEER=192.0.2.2", "PLUTO_PEER_ID=right.example", "PLUTO_MY_CLIENT=10.1.0.0/24",
                          "PLUTO_MY_PORT=0", "PLUTO_MY_PROTOCOL=0", "PLUTO_PEER_CLIENT=10.2.0.0/24",
                          "PLUTO_PEER_PORT=0", "PLUTO_PEER_PROTOCOL=0"));
}

TEST_F(UpdownEnvironment, NamesMarksAndInterfaces) {
  child.placement.in = {{5, 0xff}, 0};
  child.placement.out = {{6, 0xffffffff}, 42};
  EXPECT_THAT(runs().front().variables, Contains("PLUTO_MARK_IN=5/0x000000ff"));
  EXPECT_THAT(runs().front().variables, Contains("PLUTO_MARK_OUT=6/0xffffffff"));
  EXPECT_THAT(runs().front().variables, Contains("PLUTO_IF_ID_OUT=42"));
  EXPECT_THAT(runs().front().variables, Not(Contains(testing::StartsWith("PLUTO_IF_ID_IN"))));
}

TEST_F(UpdownEnvironment, RunsOnceForEachPairOfOneFamily) {
  child.local = {range("10.1.0.0", "10.1.0.255"), range("fd00:1::", "fd00:1::ff"), range("192.0.2.1", "192.0.2.1")};
  child.remote = {range("10.2.0.0", "10.2.0.255"), range("fd00:2::", "fd00:2::ff")};
  EXPECT_THAT(runs(), ElementsAre(Field(&UpdownRun::scope, "client"), Field(&UpdownRun::scope, "client-v6"),
                                  Field(&UpdownRun::scope, "host")));
}

TEST_F(UpdownEnvironment, NamesTheSmallestBlockThatHoldsARange) {
  child.local = {range("10.1.0.3", "10.1.0.9")};
  EXPECT_THAT(runs().front().variables, Contains("PLUTO_MY_CLIENT=10.1.0.0/28"));
}

TEST_F(UpdownEnvironment, NamesPortsAndOfIcmpTypeAndCode) {
  child.local = {range("10.1.0.0", "10.1.0.255", 6)};
  child.remote = {range("10.2.0.0", "10.2.0.255", 6, PortRange::single(443))};
  EXPECT_THAT(runs().front().variables, Contains("PLUTO_PEER_PORT=443"));
  EXPECT_THAT(runs().front().variables, Contains("PLUTO_MY_PROTOCOL=6"));
  child.local = {range("10.1.0.0", "10.1.0.255", 1, PortRange::single(0x0803))};
  child.remote = {range("10.2.0.0", "10.2.0.255", 1, PortRange::single(0x0803))};
  EXPECT_THAT(runs().front().variables, Contains("PLUTO_MY_PORT=8"));
  EXPECT_THAT(runs().front().variables, Contains("PLUTO_PEER_PORT=3"));
}

TEST_F(UpdownEnvironment, SaysWhereUdpEncapsulationLeadsAndWhatAccessIsAskedFor) {
  EXPECT_THAT(runs().front().variables, Not(Contains("PLUTO_UDP_ENC=40001")));
  child.udp_encapsulation = true;
  EXPECT_THAT(runs().front().variables, Contains("PLUTO_UDP_ENC=40001"));
  EXPECT_THAT(updown_runs(ike, child, {"wire", 9, true}).front().variables, Contains("PLUTO_HOST_ACCESS=1"));
}

TEST_F(UpdownEnvironment, A28_K07_AnIdentityOfThePeerMeansNothingToAShell) {
  ike.peer_id = "C=CH, CN=a$(reboot)`id`;|&<>\"'\\\n\x1b[1m*?{}!#~%n@host";
  const auto told = runs();
  for (const auto& variable : told.front().variables) {
    if (!variable.starts_with("PLUTO_PEER_ID=")) continue;
    EXPECT_EQ(variable, "PLUTO_PEER_ID=C=CH, CN=a__reboot__id____________1m________n@host");
    EXPECT_EQ(variable.find_first_of("$`;|&<>\"'\\\n\x1b*?{}!#~()[]%"), std::string::npos);
  }
}

TEST_F(UpdownEnvironment, K07_ManySelectorsAreManyRunsUpToALimit) {
  child.local.assign(64, child.local.front());
  child.remote.assign(64, child.remote.front());
  EXPECT_EQ(runs().size(), limits::kUpdownRuns);
}

}  // namespace
}  // namespace keypact::control
