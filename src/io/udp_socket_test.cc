#include "io/udp_socket.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>

#include "io/test_network.h"

namespace keypact::io {
namespace {

class UdpSocketTest : public InNetworkNamespace {
 protected:
  UdpSocket open(const char* address, std::uint16_t port = 0, std::uint32_t mark = 0) {
    auto socket = UdpSocket::open({.bind = {ip(address), port}, .mark = mark});
    EXPECT_TRUE(socket) << socket.error().to_string();
    return std::move(socket.value());
  }
  /// The next datagrams, copied: local, remote, octets.
  std::vector<ReceivedDatagram> receive(UdpSocket& socket) {
    EXPECT_TRUE(becomes_readable(socket.fd()));
    const auto batch = socket.receive();
    EXPECT_TRUE(batch);
    return {batch->begin(), batch->end()};
  }
};

OutgoingDatagram to(const Endpoint& remote, OctetView octets) {
  OutgoingDatagram datagram;
  datagram.remote = remote;
  datagram.octets = octets;
  return datagram;
}

TEST_F(UdpSocketTest, TellsTheLocalAddressAndAnswersFromIt) {
  auto server = open("0.0.0.0");
  auto client = open("127.0.0.1");
  const auto question = to_octets("question");
  const Endpoint at{ip("127.0.0.7"), server.local().port};
  EXPECT_EQ(client.send(std::array{to(at, question)}).sent, 1U);

  const auto received = receive(server);
  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(received[0].local, at);
  EXPECT_EQ(received[0].remote, client.local());
  EXPECT_EQ(received[0].interface, loopback_);
  EXPECT_TRUE(same_octets(received[0].octets, question));

  auto answer = to(received[0].remote, as_octets("answer"));
  answer.local = received[0].local.address;
  EXPECT_EQ(server.send(std::array{answer}).sent, 1U);
  const auto answered = receive(client);
  ASSERT_EQ(answered.size(), 1U);
  EXPECT_EQ(answered[0].remote, at);
}

TEST_F(UdpSocketTest, DoesTheSameWithIpv6) {
  add_address(loopback_, "fd00::7", 128);
  auto server = open("::");
  auto client = open("::1");
  EXPECT_EQ(client.send(std::array{to({ip("fd00::7"), server.local().port}, as_octets("x"))}).sent, 1U);
  const auto received = receive(server);
  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(received[0].local.address, ip("fd00::7"));
  auto answer = to(received[0].remote, as_octets("answer"));
  answer.local = received[0].local.address;
  EXPECT_EQ(server.send(std::array{answer}).sent, 1U);
  EXPECT_EQ(receive(client).at(0).remote, (Endpoint{ip("fd00::7"), server.local().port}));
}

TEST_F(UdpSocketTest, AnIpv6SocketLeavesTheIpv4PortFree) {
  const auto v6 = open("::");
  const auto v4 = open("0.0.0.0", v6.local().port);
  EXPECT_EQ(v4.local().port, v6.local().port);
}

TEST_F(UdpSocketTest, CarriesTheTrafficClassBothWays) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    auto server = open(address);
    auto client = open(address);
    auto datagram = to(server.local(), as_octets("x"));
    datagram.traffic_class = 0xb9;  // DSCP EF, ECT(1)
    EXPECT_EQ(client.send(std::array{datagram}).sent, 1U);
    EXPECT_EQ(receive(server).at(0).traffic_class, 0xb9);
  }
}

TEST_F(UdpSocketTest, SendsAndReceivesMoreThanOneBatchInOrder) {
  auto server = open("127.0.0.1");
  auto client = open("127.0.0.1");
  std::vector<Octets> contents;
  for (std::size_t i = 0; i < 3 * kDatagramBatch / 2; ++i)
    contents.push_back(Octets(i + 1, static_cast<std::uint8_t>(i)));
  std::vector<OutgoingDatagram> batch;
  for (const auto& content : contents) batch.push_back(to(server.local(), content));
  const auto report = client.send(batch);
  EXPECT_EQ(report.sent, contents.size());
  EXPECT_TRUE(report.failures.empty());

  std::size_t next = 0;
  while (next < contents.size()) {
    const auto received = receive(server);
    ASSERT_FALSE(received.empty());
    for (const auto& datagram : received) ASSERT_TRUE(same_octets(datagram.octets, contents[next++]));
  }
  EXPECT_TRUE(server.receive().value().empty());
}

TEST_F(UdpSocketTest, CarriesTheLargestAndTheSmallestDatagram) {
  auto server = open("127.0.0.1");
  auto client = open("127.0.0.1");
  const Octets largest(65507, 0x5a);
  EXPECT_EQ(client.send(std::array{to(server.local(), largest), to(server.local(), {})}).sent, 2U);
  const auto received = receive(server);
  ASSERT_EQ(received.size(), 2U);
  EXPECT_TRUE(same_octets(received[0].octets, largest));
  EXPECT_TRUE(received[1].octets.empty());
}

TEST_F(UdpSocketTest, FragmentsUnlessToldNotTo) {
  set_mtu(loopback_, 1280);
  for (const char* address : {"127.0.0.1", "::1"}) {
    auto server = open(address);
    auto client = open(address);
    const Octets large(3000, 1);
    auto whole = to(server.local(), large);
    whole.dont_fragment = true;
    const auto report =
        client.send(std::array{whole, to(server.local(), large), whole, to(server.local(), as_octets("x"))});
    EXPECT_EQ(report.sent, 2U);
    ASSERT_EQ(report.failures.size(), 2U);
    EXPECT_EQ(report.failures[0].index, 0U);
    EXPECT_EQ(report.failures[1].index, 2U);
    EXPECT_EQ(report.failures[0].problem, SendProblem::too_big);
    EXPECT_EQ(describe(report.failures[0], whole),
              "3000 octets to " + server.local().to_string() + " exceed the path MTU");
    EXPECT_EQ(receive(server).at(0).octets.size(), 3000U);
  }
}

TEST_F(UdpSocketTest, OneThatCannotBeSentDoesNotHinderTheOthers) {
  auto server = open("127.0.0.1");
  auto client = open("0.0.0.0");
  auto not_ours = to(server.local(), as_octets("x"));
  not_ours.local = ip("192.0.2.200");
  const auto report =
      client.send(std::array{to({ip("192.0.2.1"), 500}, as_octets("x")), to(server.local(), as_octets("y")), not_ours,
                             to(server.local(), as_octets("z"))});
  EXPECT_EQ(report.sent, 2U);
  ASSERT_EQ(report.failures.size(), 2U);
  EXPECT_EQ(report.failures[0].problem, SendProblem::unreachable);
  EXPECT_EQ(report.failures[1].index, 2U);  // as local_address or unreachable: that changed between kernels
  EXPECT_EQ(receive(server).size(), 2U);
}

TEST_F(UdpSocketTest, MarksWhatItSends) {
  const auto there_block = prefix("192.0.2.9", 32);
  ASSERT_TRUE(netlink_->add(Route{.destination = there_block, .interface = loopback_}));
  ASSERT_TRUE(netlink_->add(Route{.destination = there_block, .kind = RouteKind::unreachable, .table = 300}));
  ASSERT_TRUE(netlink_->add(PolicyRule{.family = IpFamily::v4, .priority = 100, .table = 300, .mark = 7}));
  auto marked = open("0.0.0.0", 0, 7);
  auto plain = open("0.0.0.0");
  const Endpoint there{ip("192.0.2.9"), 9};
  EXPECT_EQ(plain.send(std::array{to(there, as_octets("x"))}).sent, 1U);
  const auto report = marked.send(std::array{to(there, as_octets("x"))});
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_EQ(report.failures[0].problem, SendProblem::unreachable);
}

TEST_F(UdpSocketTest, NamesTheProgramThatHasThePort) {
  const auto first = open("0.0.0.0", 4500);
  const auto second = UdpSocket::open({.bind = {ip("0.0.0.0"), 4500}});
  ASSERT_FALSE(second);
  const auto& error = second.error();
  EXPECT_EQ(error.what, "cannot listen on UDP port 4500 (0.0.0.0:4500)");
  EXPECT_EQ(error.why,
            std::string(program_invocation_short_name) + " (pid " + std::to_string(::getpid()) + ") has it already");
  EXPECT_NE(error.remedy.find("choose another port"), std::string::npos);
}

TEST_F(UdpSocketTest, SharesAPortWhenAllAskForIt) {
  const UdpOptions options{.bind = {ip("0.0.0.0"), 4500}, .reuse_port = true};
  const auto first = UdpSocket::open(options);
  const auto second = UdpSocket::open(options);
  EXPECT_TRUE(first && second);
}

TEST_F(UdpSocketTest, SaysWhatIsWrongWithAnAddress) {
  const auto socket = UdpSocket::open({.bind = {ip("192.0.2.1"), 500}});
  ASSERT_FALSE(socket);
  EXPECT_NE(socket.error().to_string().find("address of this machine"), std::string::npos);
}

TEST_F(UdpSocketTest, SaysWhichRightIsMissing) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
    const auto socket = UdpSocket::open({.bind = {ip("127.0.0.1"), 0}, .mark = 7});
    ::_exit(!socket && socket.error().remedy.find("CAP_NET_ADMIN") != std::string::npos ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(UdpSocketTest, K14_NoDescriptorLeftIsAnErrorAndPasses) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto refused = UdpSocket::open({.bind = {ip("127.0.0.1"), 0}});
  const auto no_netlink = Netlink::open();
  const auto index = netlink_->interface_index("lo");  // one that is open goes on
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().remedy.find("LimitNOFILE"), std::string::npos);
  EXPECT_FALSE(no_netlink);
  EXPECT_TRUE(index);
  EXPECT_TRUE(UdpSocket::open({.bind = {ip("127.0.0.1"), 0}}));
}

TEST_F(UdpSocketTest, AddressFamiliesAreAvailableHere) {
  EXPECT_TRUE(address_family_available(IpFamily::v4));
  EXPECT_TRUE(address_family_available(IpFamily::v6));
}

}  // namespace
}  // namespace keypact::io
