#include "io/raw_esp_socket.h"

#include "io/test_network.h"

namespace keypact::io {
namespace {

class RawEspSocketTest : public InNetworkNamespace {
 protected:
  static RawEspSocket open(IpFamily family) {
    auto socket = RawEspSocket::open({.family = family});
    EXPECT_TRUE(socket) << socket.error().to_string();
    return std::move(socket.value());
  }
};

struct Ends {
  IpFamily family;
  const char* local;
  const char* remote;
};

TEST_F(RawEspSocketTest, CarriesPacketsOfBothFamiliesWithAddressesAndTrafficClass) {
  add_address(loopback_, "fd00::1", 128);
  add_address(loopback_, "fd00::2", 128);
  for (const auto& ends : {Ends{IpFamily::v4, "127.0.0.5", "127.0.0.6"}, Ends{IpFamily::v6, "fd00::1", "fd00::2"}}) {
    auto socket = open(ends.family);
    OutgoingDatagram packet;
    packet.local = ip(ends.local);
    packet.remote = {ip(ends.remote), 4500};  // the port means nothing here
    packet.traffic_class = 0x2d;
    const auto octets = from_hex("c0ffee01 00000001 0102030405").value();
    packet.octets = octets;
    packet.dont_fragment = true;
    const auto report = socket.send(std::array{packet, packet});
    EXPECT_EQ(report.sent, 2U);

    ASSERT_TRUE(becomes_readable(socket.fd()));
    const auto received = socket.receive();
    ASSERT_TRUE(received);
    ASSERT_EQ(received->size(), 2U);
    for (const auto& one : *received) {
      EXPECT_TRUE(same_octets(one.octets, octets)) << to_hex(one.octets);
      EXPECT_EQ(one.local, (Endpoint{ip(ends.remote), 0}));
      EXPECT_EQ(one.remote, (Endpoint{ip(ends.local), 0}));
      EXPECT_EQ(one.traffic_class, 0x2d);
      EXPECT_EQ(one.interface, loopback_);
    }
    EXPECT_TRUE(socket.receive().value().empty());
  }
}

TEST_F(RawEspSocketTest, FragmentsUnlessToldNotTo) {
  set_mtu(loopback_, 1280);
  for (const auto& [family, local, remote] :
       {Ends{IpFamily::v4, "127.0.0.1", "127.0.0.1"}, Ends{IpFamily::v6, "::1", "::1"}}) {
    auto socket = open(family);
    const Octets large(4000, 3);
    OutgoingDatagram packet;
    packet.remote = {ip(remote), 0};
    packet.octets = large;
    OutgoingDatagram whole = packet;
    whole.dont_fragment = true;
    const auto report = socket.send(std::array{whole, packet});
    EXPECT_EQ(report.sent, 1U);
    ASSERT_EQ(report.failures.size(), 1U);
    EXPECT_EQ(report.failures[0].problem, SendProblem::too_big);
    ASSERT_TRUE(becomes_readable(socket.fd()));
    const auto received = socket.receive();
    ASSERT_EQ(received->size(), 1U);
    EXPECT_TRUE(same_octets((*received)[0].octets, large));
  }
}

TEST_F(RawEspSocketTest, TellsWhenThereIsNoRoute) {
  auto socket = open(IpFamily::v4);
  OutgoingDatagram packet;
  packet.remote = {ip("192.0.2.1"), 0};
  packet.octets = as_octets("12345678");
  const auto report = socket.send(std::array{packet});
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_EQ(report.failures[0].problem, SendProblem::unreachable);
  EXPECT_EQ(describe(report.failures[0], packet), "no route to 192.0.2.1: network is unreachable");
}

}  // namespace
}  // namespace keypact::io
