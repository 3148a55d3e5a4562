// The event ike-update: the peer has another endpoint.
#include "tests/control/control_bench.h"

namespace keypact::control {
namespace {

using MovedEvent = ControlBench;

TEST_F(MovedEvent, TellsTheNewEndpointsAndTheIkeSaWithItsOldOnes) {
  start();
  auto& client = connect();
  listen(client, "ike-update");
  listen(client, "log");
  call(client, "initiate", wanted());
  const auto& [id, sa] = *left().engine.ike_sas().begin();
  const ike::Path from = sa.record().path();
  ike::Path to = from;
  to.remote = {*IpAddress::parse("198.51.100.7"), 40001};
  server->on_event(world.now(), teller.tell(left().engine, ike::IkeSaMoved{id, from, to}));
  ASSERT_EQ(client.events("ike-update").size(), 1u);
  const auto event = client.events("ike-update").front();
  EXPECT_EQ(event.value_or("local-host"), "192.0.2.1");
  EXPECT_EQ(event.value_or("local-port"), "500");
  EXPECT_EQ(event.value_or("remote-host"), "198.51.100.7");
  EXPECT_EQ(event.value_or("remote-port"), "40001");
  const auto* section = event.find_section("net");
  ASSERT_NE(section, nullptr);
  EXPECT_EQ(section->value_or("remote-host"), "192.0.2.2");
  EXPECT_EQ(section->value_or("remote-port"), "500");
  EXPECT_EQ(section->value_or("uniqueid"), std::to_string(id.value));
  EXPECT_EQ(client.events("log").back().value_or("msg"),
            "IKE SA net[" + std::to_string(id.value) +
                "] moved from 192.0.2.1:500...192.0.2.2:500 to 192.0.2.1:500...198.51.100.7:40001");
}

}  // namespace
}  // namespace keypact::control
