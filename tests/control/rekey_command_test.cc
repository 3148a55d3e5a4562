// The command rekey, the events ike-rekey and child-rekey, and the states that list-sas tells meanwhile.
#include <gmock/gmock.h>

#include "tests/control/control_bench.h"

namespace keypact::control {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class RekeyCommand : public ControlBench {
 protected:
  TestClient& with_a_tunnel() {
    start();
    auto& client = connect();
    call(client, "initiate", wanted());
    listen(client, "list-sa");
    return client;
  }
  vici::Message rekey(TestClient& client, std::string_view key, std::string_view value) {
    vici::Message request;
    return call(client, "rekey", request.key(key, value));
  }
  /// The IKE SA that has the tunnel.
  IkeSaId current() {
    for (const auto& [id, sa] : left().engine.ike_sas())
      if (sa.established() != nullptr && sa.established()->serves()) return id;
    return {};
  }
  /// "net ESTABLISHED lan INSTALLED" for each IKE SA.
  std::vector<std::string> states(TestClient& client) {
    call(client, "list-sas");
    std::vector<std::string> found;
    for (const auto& event : client.events("list-sa")) {
      const auto& ike = event.elements()[0];
      auto text = ike.name + " " + std::string(event.find_section(ike.name)->value_or("state"));
      const auto& children = *event.find_section(ike.name)->find_section("child-sas");
      for (const auto& child : children.elements()) {
        const auto* section = children.find_section(child.name);
        text += " " + std::string(section->value_or("name")) + " " + std::string(section->value_or("state"));
      }
      found.push_back(text);
    }
    return found;
  }
};

TEST_F(RekeyCommand, ReplacesAChildSaByItsName) {
  auto& client = with_a_tunnel();
  EXPECT_EQ(to_string(rekey(client, "child", "lan")), "success = yes\nmatches = 1\n");
  run_for(seconds(1));
  EXPECT_THAT(states(client), ElementsAre("net ESTABLISHED lan DELETED lan INSTALLED"));
  run_for(seconds(5));
  EXPECT_THAT(states(client), ElementsAre("net ESTABLISHED lan INSTALLED"));
}

TEST_F(RekeyCommand, ReplacesAChildSaByItsIdAndFindsItNoMoreThen) {
  auto& client = with_a_tunnel();
  const auto id = std::to_string(left().stack.child_sas().begin()->first.value);
  EXPECT_EQ(rekey(client, "child-id", id).value_or("matches"), "1");
  run_for(seconds(1));
  EXPECT_EQ(to_string(rekey(client, "child-id", id)),
            "success = no\nerrmsg = no matching SAs to rekey found\nmatches = 0\n");
  vici::Message request;
  EXPECT_EQ(call(client, "terminate", request.key("child", "lan")).value_or("matches"), "1") << "not the replaced one";
}

TEST_F(RekeyCommand, ReplacesAnIkeSaThatKeepsItsChild) {
  auto& client = with_a_tunnel();
  const auto old = current();
  EXPECT_EQ(to_string(rekey(client, "ike", "net")), "success = yes\nmatches = 1\n");
  run_for(seconds(1));
  EXPECT_THAT(states(client), ElementsAre("net ESTABLISHED lan INSTALLED"));
  EXPECT_NE(current(), old);
  EXPECT_EQ(left().stack.child_sas().size(), 1u);
  EXPECT_EQ(rekey(client, "ike-id", std::to_string(old.value)).value_or("matches"), "0");
}

TEST_F(RekeyCommand, WithReauthSetsUpAnotherIkeSaAndThenEndsTheOldOne) {
  auto& client = with_a_tunnel();
  auto& monitor = connect();
  listen(monitor, "ike-updown");
  listen(monitor, "ike-rekey");
  vici::Message request;
  request.key("ike", "net").key("reauth", "yes");
  EXPECT_EQ(call(client, "rekey", request).value_or("success"), "yes");
  run_for(seconds(30));
  EXPECT_THAT(states(client), ElementsAre("net ESTABLISHED lan INSTALLED"));
  EXPECT_EQ(monitor.events("ike-updown").size(), 2u);
  EXPECT_TRUE(monitor.events("ike-rekey").empty());
}

TEST_F(RekeyCommand, RefusesARequestThatNamesNothingOrWhatIsNotThere) {
  auto& client = with_a_tunnel();
  EXPECT_EQ(call(client, "rekey").value_or("errmsg"), "missing rekey selector");
  EXPECT_EQ(rekey(client, "child", "other").value_or("errmsg"), "no matching SAs to rekey found");
  EXPECT_EQ(rekey(client, "ike", "other").value_or("matches"), "0");
  EXPECT_EQ(rekey(client, "ike-id", "x").value_or("errmsg"), "invalid value for: ike-id");
}

TEST_F(RekeyCommand, AnIkeSaThatIsBeingReplacedIsRekeyingAndThenRekeyed) {
  auto& client = with_a_tunnel();
  world.set_faults({100, 0, milliseconds(1), milliseconds(1)});
  EXPECT_EQ(rekey(client, "ike", "net").value_or("success"), "yes");
  run_for(milliseconds(200));
  EXPECT_THAT(states(client), ElementsAre("net REKEYING lan INSTALLED"));
  world.set_faults({});
  run_for(seconds(20));
  EXPECT_THAT(states(client), ElementsAre("net ESTABLISHED lan INSTALLED"));
}

TEST_F(RekeyCommand, WhatThePeerReplacedAndHasYetToDeleteIsRekeyed) {
  auto& client = with_a_tunnel();
  world.set_judge([](const sim::InFlight& flight) {
    const auto exchange = wire::parse_header(flight.datagram.octets)->exchange;
    return exchange == ExchangeType::INFORMATIONAL ? sim::Fate::drop : sim::Fate::deliver;
  });
  auto& right = world.node("right");
  world.control(right, ike::RekeyChild{ControlId{1}, right.stack.child_sas().begin()->first});
  run_for(milliseconds(300));
  EXPECT_THAT(states(client), ElementsAre("net ESTABLISHED lan REKEYED lan INSTALLED"));
  world.set_judge({});
  run_for(seconds(20));
  world.set_judge([](const sim::InFlight& flight) {
    const auto exchange = wire::parse_header(flight.datagram.octets)->exchange;
    return exchange == ExchangeType::INFORMATIONAL ? sim::Fate::drop : sim::Fate::deliver;
  });
  world.control(right, ike::RekeyIke{ControlId{2}, right.engine.ike_sas().begin()->first, false});
  run_for(milliseconds(300));
  EXPECT_THAT(states(client), UnorderedElementsAre("net REKEYED", "net ESTABLISHED lan INSTALLED"));
}

TEST_F(RekeyCommand, TheEventsHoldTheOldAndTheNewSa) {
  auto& client = with_a_tunnel();
  auto& monitor = connect();
  for (const auto* event : {"ike-rekey", "child-rekey", "ike-updown", "child-updown"}) listen(monitor, event);
  const auto old_spi = to_string(left().stack.child_sas().begin()->second.inbound_spi);
  rekey(client, "child", "lan");
  run_for(seconds(1));
  ASSERT_EQ(monitor.events("child-rekey").size(), 1u);
  const auto event = monitor.events("child-rekey")[0];
  EXPECT_EQ(event.find_section("net")->value_or("state"), "ESTABLISHED");
  const auto& pair = *event.find_section("net")->find_section("child-sas")->find_section("lan");
  EXPECT_EQ(pair.find_section("old")->value_or("spi-in"), old_spi);
  EXPECT_NE(pair.find_section("new")->value_or("spi-in"), old_spi);
  EXPECT_EQ(pair.find_section("new")->value_or("state"), "INSTALLED");

  rekey(client, "ike", "net");
  run_for(seconds(1));
  ASSERT_EQ(monitor.events("ike-rekey").size(), 1u);
  const auto ike = monitor.events("ike-rekey")[0];
  const auto& section = *ike.find_section("net");
  EXPECT_EQ(section.find_section("new")->value_or("state"), "ESTABLISHED");
  EXPECT_NE(section.find_section("old")->value_or("initiator-spi"),
            section.find_section("new")->value_or("initiator-spi"));
  EXPECT_TRUE(monitor.events("ike-updown").empty());
  EXPECT_TRUE(monitor.events("child-updown").empty()) << "the tunnel was up all the time";
}

TEST_F(RekeyCommand, TheEndOfWhatWasRekeyedIsToldByItsLastIds) {
  auto& client = with_a_tunnel();
  rekey(client, "child", "lan");
  run_for(seconds(1));
  rekey(client, "ike", "net");
  run_for(seconds(1));
  auto& monitor = connect();
  listen(monitor, "ike-updown");
  listen(monitor, "child-updown");
  const auto id = std::to_string(current().value);
  vici::Message request;
  call(client, "terminate", request.key("ike", "net"));
  ASSERT_EQ(monitor.events("ike-updown").size(), 1u);
  EXPECT_EQ(monitor.events("ike-updown")[0].find_section("net")->value_or("uniqueid"), id);
  EXPECT_EQ(monitor.events("child-updown").size(), 1u);
}

TEST_F(RekeyCommand, ListsTellWhenAnSaIsToBeReplacedAndWhenItEnds) {
  left_site.ike_rekey_time = hours(4);
  left_site.child_rekey_time = hours(1);
  auto& client = with_a_tunnel();
  call(client, "list-sas");
  const auto event = client.events("list-sa")[0];
  const auto& ike = *event.find_section("net");
  const auto within = [](std::string_view text, int low, int high) {
    const auto seconds = std::stoi(std::string(text));
    return seconds >= low && seconds <= high;
  };
  EXPECT_TRUE(within(ike.value_or("rekey-time"), 3 * 3600, 4 * 3600)) << ike.value_or("rekey-time");
  EXPECT_EQ(ike.find("reauth-time"), nullptr);
  const auto& children = *ike.find_section("child-sas");
  const auto& child = *children.find_section(children.elements()[0].name);
  EXPECT_TRUE(within(child.value_or("rekey-time"), 3000, 3600)) << child.value_or("rekey-time");
  EXPECT_TRUE(within(child.value_or("life-time"), 7100, 7200)) << child.value_or("life-time");
}

}  // namespace
}  // namespace keypact::control
