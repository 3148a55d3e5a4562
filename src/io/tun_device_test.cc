#include "io/tun_device.h"

#include <linux/rtnetlink.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>

#include "io/event_loop.h"
#include "io/netlink_exchange.h"
#include "io/test_network.h"
#include "io/udp_socket.h"

namespace keypact::io {
namespace {

class TunDeviceTest : public InNetworkNamespace {
 protected:
  /// An interface that is up, with 10.9.0.1/24 and fd09::1/64.
  void SetUp() override {
    InNetworkNamespace::SetUp();
    auto created = TunDevice::create("kptest%d");
    ASSERT_TRUE(created) << created.error().to_string();
    tun_ = std::make_unique<TunDevice>(std::move(*created));
    index_ = interface(tun_->name());
    set_up(true);
    add_address(index_, "10.9.0.1", 24);
    add_address(index_, "fd09::1", 64);
    sender_ = std::make_unique<UdpSocket>(UdpSocket::open({.bind = {ip("10.9.0.1"), 4000}}).value());
  }
  void TearDown() override {
    sender_.reset();
    tun_.reset();
    InNetworkNamespace::TearDown();
  }
  void set_up(bool up) {
    const auto done = netlink_->configure(index_, {.up = up, .mtu = 1300, .automatic_ipv6_address = false});
    ASSERT_TRUE(done) << done.error().to_string();
  }
  void delete_interface() {
    auto exchange = NetlinkExchange::open().value();
    NetlinkRequest request(RTM_DELLINK, NLM_F_ACK);
    request.body<ifinfomsg>().ifi_index = static_cast<int>(index_);
    ASSERT_TRUE(exchange.run(request).ok());
  }
  /// Something for the other end of the tunnel.
  void send(std::string_view text) {
    OutgoingDatagram datagram;
    datagram.remote = {ip("10.9.0.2"), 4001};
    datagram.octets = as_octets(text);
    ASSERT_EQ(sender_->send(std::array{datagram}).sent, 1U);
  }

  std::unique_ptr<TunDevice> tun_;
  std::unique_ptr<UdpSocket> sender_;
  InterfaceIndex index_ = 0;
};

/// 10.9.0.2:4001 -> 10.9.0.1:4000, UDP without checksum, "pong".
Octets pong() { return from_hex("45000020 00004000 401126b9 0a090002 0a090001 0fa10fa0 000c0000 706f6e67").value(); }

TEST_F(TunDeviceTest, TakesPacketsFromTheKernelAndGivesThemToIt) {
  send("ping");
  send("pang");
  ASSERT_TRUE(becomes_readable(tun_->fd()));
  const auto out = tun_->read();
  EXPECT_EQ(out.state, TunState::working);
  ASSERT_EQ(out.packets.size(), 2U);
  EXPECT_EQ(out.packets[0].size(), 20U + 8U + 4U);
  EXPECT_EQ(out.packets[0][0], 0x45);
  EXPECT_EQ(as_text(OctetView(out.packets[0]).last(4)), "ping");
  EXPECT_EQ(as_text(OctetView(out.packets[1]).last(4)), "pang");

  const auto answer = pong();
  const auto in = tun_->write(std::array<OctetView, 2>{answer, answer});
  EXPECT_EQ(in.written, 2U);
  EXPECT_EQ(in.dropped, 0U);
  ASSERT_TRUE(becomes_readable(sender_->fd()));
  const auto received = sender_->receive();
  ASSERT_EQ(received->size(), 2U);
  EXPECT_EQ(as_text((*received)[0].octets), "pong");
}

TEST_F(TunDeviceTest, IsQuietWithoutAutomaticAddresses) {
  // No router solicitation and no multicast listener report of a link-local address goes into the tunnel.
  const auto addresses = netlink_->local_addresses();
  ASSERT_TRUE(addresses);
  for (const auto& address : *addresses) EXPECT_FALSE(address.at.interface == index_ && address.link_local);
}

TEST_F(TunDeviceTest, VanishesWithItsObject) {
  const std::string name = tun_->name();
  tun_.reset();
  EXPECT_FALSE(netlink_->interface_index(name));
}

TEST_F(TunDeviceTest, RefusesANameThatIsTaken) {
  const auto second = TunDevice::create(tun_->name());
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().to_string().find(tun_->name()), std::string::npos);
  EXPECT_NE(second.error().to_string().find("exists already"), std::string::npos);
  EXPECT_NE(second.error().remedy.find("ip link delete"), std::string::npos);
}

TEST_F(TunDeviceTest, RefusesANameThatIsNone) {
  EXPECT_FALSE(TunDevice::create(""));
  EXPECT_FALSE(TunDevice::create("a-name-that-is-too-long"));
  const auto slash = TunDevice::create("a/b");
  ASSERT_FALSE(slash);
  EXPECT_FALSE(slash.error().remedy.empty());
}

TEST_F(TunDeviceTest, J15_AnEmptyDeviceIsNoFault) {
  const auto nothing = tun_->read();
  EXPECT_TRUE(nothing.packets.empty());
  EXPECT_EQ(nothing.state, TunState::working);
  EXPECT_EQ(nothing.system_error, 0);
}

TEST_F(TunDeviceTest, J15_PacketsAreLostWhileTheInterfaceIsDownAndPassAgainAfterwards) {
  set_up(false);
  const auto answer = pong();
  const auto lost = tun_->write(std::array<OctetView, 2>{answer, answer});
  EXPECT_EQ(lost.written, 0U);
  EXPECT_EQ(lost.dropped, 2U);
  EXPECT_EQ(lost.state, TunState::down);
  EXPECT_EQ(lost.system_error, EIO);
  set_up(true);
  EXPECT_EQ(tun_->write(std::array<OctetView, 1>{answer}).state, TunState::working);
  ASSERT_TRUE(becomes_readable(sender_->fd()));
}

TEST_F(TunDeviceTest, J15_APacketThatIsNoIpDoesNotHinderTheOthers) {
  const auto answer = pong();
  const auto report = tun_->write(std::array<OctetView, 3>{as_octets("\x10 is no IP version"), OctetView(), answer});
  EXPECT_EQ(report.dropped, 2U);
  EXPECT_EQ(report.written, 1U);
  EXPECT_EQ(report.state, TunState::working);
}

TEST_F(TunDeviceTest, J15_ARemovedInterfaceIsReportedOnceForAll) {
  EventLoop loop;
  TunReadReport report;
  auto watch = loop.watch(tun_->fd(), [&] {
    report = tun_->read();
    loop.stop();
  });
  ASSERT_TRUE(watch);
  delete_interface();
  ASSERT_TRUE(loop.run_until(monotonic_now() + seconds(2))) << "the loop was not woken";
  EXPECT_EQ(report.state, TunState::removed);
  EXPECT_TRUE(report.packets.empty());
  EXPECT_NE(report.system_error, 0);
  const auto answer = pong();
  const auto lost = tun_->write(std::array<OctetView, 3>{answer, answer, answer});
  EXPECT_EQ(lost.state, TunState::removed);
  EXPECT_EQ(lost.dropped, 3U);
}

TEST_F(TunDeviceTest, J15_ANewDeviceCanTakeThePlaceOfTheRemovedOne) {
  const std::string name = tun_->name();
  delete_interface();
  auto again = TunDevice::create(name);
  ASSERT_TRUE(again) << again.error().to_string();
  *tun_ = std::move(*again);
  EXPECT_EQ(tun_->read().state, TunState::working);
}

TEST_F(TunDeviceTest, OneThatIsTakenOutlivesItsProcessAndIsTakenAgainUntilItIsLetGo) {
  std::string name;
  {
    const auto first = TunDevice::take("kptaken%d");
    ASSERT_TRUE(first) << first.error().to_string();
    name = first->name();
    const auto second = TunDevice::take("kptaken%d");
    ASSERT_TRUE(second) << second.error().to_string();
    EXPECT_EQ(name, "kptaken0");
    EXPECT_EQ(second->name(), "kptaken1") << "somebody has the first one";
    EXPECT_FALSE(TunDevice::take(name));
  }
  EXPECT_TRUE(netlink_->interface_index(name));
  {
    auto again = TunDevice::take("kptaken%d");
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(again->name(), name);
    again->let_go();
  }
  EXPECT_FALSE(netlink_->interface_index(name));
}

TEST(TunDevice, J15_APacketWrittenInPartCountsAsDropped) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_NONBLOCK | O_CLOEXEC), 0);
  const FileDescriptor reader(pipe[0]);
  ASSERT_GT(::fcntl(pipe[1], F_SETPIPE_SZ, 4096), 0);
  auto device = TunDevice::adopt(FileDescriptor(pipe[1]), "pipe");
  const Octets packet(6000, 1);  // a pipe takes a part of what is larger than its room, and then EAGAIN
  const auto report = device.write(std::array<OctetView, 2>{packet, packet});
  EXPECT_EQ(report.written, 0U);
  EXPECT_EQ(report.dropped, 2U);
  EXPECT_EQ(report.state, TunState::working);
}

TEST(TunDevice, J15_TheEndOfTheDescriptorIsTheEndOfTheDevice) {
  std::array<int, 2> pair{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()), 0);
  auto device = TunDevice::adopt(FileDescriptor(pair[0]), "pair");
  ASSERT_EQ(::write(pair[1], "packet", 6), 6);
  ::close(pair[1]);
  const auto last = device.read();
  ASSERT_EQ(last.packets.size(), 1U);
  EXPECT_EQ(as_text(last.packets[0]), "packet");
  EXPECT_EQ(last.state, TunState::removed);
  EXPECT_EQ(device.write(std::array<OctetView, 1>{as_octets("x")}).state, TunState::removed);
}

TEST(TunDevice, J15_ADeviceThatAlwaysFailsEndsAsRemoved) {
  const FileDescriptor directory(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));  // read(2) fails with EISDIR
  auto device = TunDevice::adopt(FileDescriptor(::dup(directory.get())), "directory");
  int calls = 1;
  while (device.read().state != TunState::removed && calls < 100) ++calls;
  EXPECT_GT(calls, 1);
  EXPECT_LT(calls, 100);
}

TEST_F(TunDeviceTest, K14_NoDescriptorLeftIsAnErrorAndPasses) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto refused = TunDevice::create("kptest%d");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().remedy.find("LimitNOFILE"), std::string::npos);
  EXPECT_TRUE(TunDevice::create("kptest%d"));
}

}  // namespace
}  // namespace keypact::io
