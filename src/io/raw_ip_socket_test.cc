#include "io/raw_ip_socket.h"

#include "io/test_network.h"
#include "io/tun_device.h"

namespace keypact::io {
namespace {

class RawIpSocketTest : public InNetworkNamespace {};

TEST_F(RawIpSocketTest, SendsAPacketOfASourceThatIsNotOurs) {
  auto tun = TunDevice::create("kpnet");
  ASSERT_TRUE(tun);
  const auto index = interface("kpnet");
  ASSERT_TRUE(netlink_->configure(index, {.up = true, .automatic_ipv6_address = false}));
  add_address(index, "10.9.0.1", 24);
  add_address(index, "fd09::1", 64);
  const auto everything = [](IpFamily family) { return Prefix{IpAddress::unspecified(family), 0}; };
  for (const auto family : {IpFamily::v4, IpFamily::v6}) {
    ASSERT_TRUE(netlink_->add(Route{.destination = everything(family), .interface = index}));
    const bool v4 = family == IpFamily::v4;
    const auto source = ip(v4 ? "198.51.100.1" : "2001:db8::1");
    const auto destination = ip(v4 ? "192.0.2.1" : "2001:db9::1");
    Octets packet(v4 ? 28 : 48);
    packet[0] = v4 ? 0x45 : 0x60;
    packet[v4 ? 3 : 5] = static_cast<std::uint8_t>(v4 ? packet.size() : 8);
    packet[v4 ? 8 : 7] = 61;  // TTL, hop limit
    packet[v4 ? 9 : 6] = 253;
    std::ranges::copy(source.octets(), packet.begin() + (v4 ? 12 : 8));
    std::ranges::copy(destination.octets(), packet.begin() + (v4 ? 16 : 24));
    auto socket = RawIpSocket::open(family, 7);
    ASSERT_TRUE(socket) << socket.error().to_string();
    EXPECT_TRUE(socket->send(packet));
    EXPECT_FALSE(socket->send(OctetView(packet).first(19)));
    bool seen = false;
    while (!seen && becomes_readable(tun->fd())) {
      const auto report = tun->read();
      for (const auto& out : report.packets)
        seen |= out.size() == packet.size() && out[v4 ? 9 : 6] == 253 && out[v4 ? 8 : 7] == 61 &&
                std::ranges::equal(out.subspan(v4 ? 12 : 8, v4 ? 8 : 32),
                                   OctetView(packet).subspan(v4 ? 12 : 8, v4 ? 8 : 32));
    }
    EXPECT_TRUE(seen);
  }
}

}  // namespace
}  // namespace keypact::io
