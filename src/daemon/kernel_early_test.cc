// ESP that comes before its SA, from a peer that is a data plane of ours in userspace. Needs a kernel with ESP: see test_kernel.h.
#include <poll.h>

#include "base/limits.h"
#include "daemon/early_esp.h"
#include "daemon/test_kernel.h"
#include "esp/test_packets.h"
#include "io/netlink.h"
#include "io/udp_socket.h"

namespace keypact::daemon {
namespace {

struct Wire {
  IpFamily family{};
  bool udp = false;
};

constexpr std::uint16_t kPort = 4711;

class KernelEarly : public KernelStack, public testing::WithParamInterface<Wire> {
 protected:
  void SetUp() override {
    KernelStack::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(std::system("ip link set lo up"), 0);
    device_ = device("kpin");
    wire_ = device("kpwire");
    ASSERT_EQ(std::system("ip address add 192.0.2.1/24 dev kpwire && ip address add 2001:db8::1/64 dev kpwire nodad && "
                          "ip address add 10.1.0.1/32 dev lo && ip address add fd01::1/128 dev lo nodad"),
              0);
    // An IPv6 address is there before what leads packets to it, also without duplicate address detection.
    ASSERT_EQ(std::system("timeout 30 sh -c 'for one in fd01::1 2001:db8::1; do "
                          "until ip -6 route show table local | grep -q \"^local $one \"; do sleep 0.01; done; done'"),
              0);
    early_ = std::make_unique<EarlyEsp>(*device_);
    // The kernel takes ESP in UDP out of what comes there.
    for (const auto family : {IpFamily::v4, IpFamily::v6}) {
      auto socket = io::UdpSocket::open({.bind = {IpAddress::unspecified(family), 4500}});
      ASSERT_TRUE(socket && socket->pass_by_policies() && socket->leave_esp_to_kernel());
      ike_.push_back(std::move(*socket));
    }
    auto receiver = io::UdpSocket::open({.bind = {ip(v4() ? "10.1.0.1" : "fd01::1"), kPort}});
    ASSERT_TRUE(receiver);
    receiver_ = std::make_unique<io::UdpSocket>(std::move(*receiver));
    peer_.plane.apply(ipsec::InstallPolicy{esp::testing::make_policy(shape(), false)}, peer_.now);
    ASSERT_TRUE(peer_.installs(esp::testing::make_sa(shape(), false)));
  }
  static std::unique_ptr<io::TunDevice> device(const std::string& name) {
    auto made = io::TunDevice::create(name);
    EXPECT_TRUE(made) << made.error().to_string();
    EXPECT_EQ(std::system(("ip link set " + name + " up mtu 65535").c_str()), 0);
    return std::make_unique<io::TunDevice>(std::move(*made));
  }
  static bool v4() { return GetParam().family == IpFamily::v4; }
  static esp::testing::SaShape shape() {
    esp::testing::SaShape shape;
    shape.udp = GetParam().udp;
    shape.local = v4() ? "192.0.2.1" : "2001:db8::1";
    shape.remote = v4() ? "192.0.2.2" : "2001:db8::2";
    return shape;
  }
  static ipsec::ExpectChildSa offer() {
    const auto sa = esp::testing::make_sa(shape(), true);
    return {sa.inbound_spi, {ProtocolId::ESP}, sa.local, sa.remote, sa.udp_encapsulation};
  }
  void install() { ASSERT_TRUE(KernelStack::install(esp::testing::make_sa(shape(), true))); }

  /// ESP of the peer around a datagram with so many octets.
  Octets sealed(std::size_t octets, const char* from = v4() ? "10.2.0.1" : "fd02::1") {
    const std::size_t headers = v4() ? 28 : 48;
    auto inner = esp::testing::make_packet({.source = from,
                                            .destination = v4() ? "10.1.0.1" : "fd01::1",
                                            .destination_port = kPort,
                                            .octets = headers + octets});
    const auto udp = MutableOctets(inner).subspan(headers - 8);
    const auto size = 8 + octets;
    udp[4] = static_cast<std::uint8_t>(size >> 8);
    udp[5] = static_cast<std::uint8_t>(size);
    udp[6] = udp[7] = 0;
    auto sum = esp::checksum_add(17 + static_cast<std::uint32_t>(size),
                                 MutableOctets(inner).subspan(v4() ? 12 : 8, v4() ? 8 : 32));
    const auto checksum = esp::checksum_finish(esp::checksum_add(sum, udp));
    udp[6] = static_cast<std::uint8_t>(checksum >> 8);
    udp[7] = static_cast<std::uint8_t>(checksum);
    const auto sent = peer_.send(std::move(inner));
    EXPECT_EQ(sent.size(), 1U);
    return {sent[0].octets.begin(), sent[0].octets.end()};
  }
  /// It comes by the wire.
  void come(const Octets& esp, const char* from = nullptr) {
    const bool udp = GetParam().udp;
    const auto size = esp.size() + (udp ? 8 : 0);
    auto packet = esp::testing::make_packet({.source = from != nullptr ? from : shape().remote,
                                             .destination = shape().local,
                                             .protocol = static_cast<std::uint8_t>(udp ? 17 : 50),
                                             .source_port = 4500,
                                             .destination_port = 4500,
                                             .octets = (v4() ? 20 : 40) + size});
    const auto payload = MutableOctets(packet).last(size);
    if (udp) {
      payload[4] = static_cast<std::uint8_t>(size >> 8);
      payload[5] = static_cast<std::uint8_t>(size);
      payload[6] = payload[7] = 0;
    }
    std::ranges::copy(esp, payload.last(esp.size()).begin());
    if (udp && !v4()) {
      const auto sum = esp::checksum_add(17 + static_cast<std::uint32_t>(size), MutableOctets(packet).subspan(8, 32));
      const auto checksum = esp::checksum_finish(esp::checksum_add(sum, payload));
      payload[6] = static_cast<std::uint8_t>(checksum >> 8);
      payload[7] = static_cast<std::uint8_t>(checksum);
    }
    const std::array<OctetView, 1> one = {packet};
    EXPECT_EQ(wire_->write(one).written, 1U);
  }
  /// The sizes of what has got through.
  std::vector<std::size_t> arrived() {
    std::vector<std::size_t> sizes;
    pollfd what{receiver_->fd(), POLLIN, 0};
    while (::poll(&what, 1, 100) > 0) {
      const auto batch = receiver_->receive();
      for (const auto& each : *batch) sizes.push_back(each.octets.size());
    }
    return sizes;
  }
  const Backend::EarlyPackets& counters() { return early_->counters(); }
  static EspSpi spi() { return offer().inbound_spi; }

  std::unique_ptr<io::TunDevice> device_;
  std::unique_ptr<io::TunDevice> wire_;
  std::unique_ptr<EarlyEsp> early_;
  std::vector<io::UdpSocket> ike_;
  std::unique_ptr<io::UdpSocket> receiver_;
  esp::testing::End peer_{1};
};

TEST_P(KernelEarly, IsLostUnlessItIsExpected) {
  come(sealed(10));
  install();
  early_->release(spi());
  EXPECT_TRUE(arrived().empty());
  come(sealed(11));
  EXPECT_EQ(arrived(), (std::vector<std::size_t>{11}));
}

TEST_P(KernelEarly, IsLetInInItsOrderWhenTheKernelHasItsSa) {
  early_->expect(offer());
  for (std::size_t size = 10; size < 20; ++size) come(sealed(size));
  EXPECT_TRUE(arrived().empty());
  install();
  early_->release(spi());
  come(sealed(20));
  EXPECT_EQ(arrived(), (std::vector<std::size_t>{10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}));
  EXPECT_EQ(counters().let_in, 10U);
  EXPECT_EQ(counters().dropped, 0U);
  EXPECT_EQ(early_->offers(), 0U);
}

TEST_P(KernelEarly, IsLetInOnceWhereTheKernelHasTakenItAlready) {
  early_->expect(offer());
  come(sealed(10));
  install();
  come(sealed(11));
  early_->release(spi());
  auto sizes = arrived();
  std::ranges::sort(sizes);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{10, 11}));
}

TEST_P(KernelEarly, CountsForNothingWithoutTheKeys) {
  early_->expect(offer());
  auto forged = sealed(10);
  forged.back() ^= 1;
  come(forged);
  install();
  early_->release(spi());
  EXPECT_TRUE(arrived().empty());
}

TEST_P(KernelEarly, MeetsTheSameSelectorsAsWhatComesLater) {
  auto wide = shape();
  wide.number = 2;
  wide.policy = 2;
  wide.remote_selectors = esp::testing::networks({"0.0.0.0/0", "::/0"});
  auto theirs = esp::testing::make_sa(wide, false);
  auto ours = esp::testing::make_sa(wide, true);
  ours.remote_selectors = shape().remote_selectors;
  peer_.plane.apply(ipsec::InstallPolicy{esp::testing::make_policy(wide, false)}, peer_.now);
  peer_.plane.apply(ipsec::RemovePolicy{PolicyId{1}}, peer_.now);
  ASSERT_TRUE(peer_.installs(std::move(theirs)));
  auto expected = offer();
  expected.inbound_spi = ours.inbound_spi;
  early_->expect(expected);
  come(sealed(10));
  come(sealed(11, v4() ? "10.99.0.1" : "fd99::1"));
  ASSERT_TRUE(KernelStack::install(std::move(ours)));
  early_->release(expected.inbound_spi);
  EXPECT_EQ(counters().let_in, 2U);
  EXPECT_EQ(arrived(), (std::vector<std::size_t>{10}));
}

TEST_P(KernelEarly, IsDroppedAndCountedWhenNothingComesOfItsOffer) {
  early_->expect(offer());
  for (std::size_t size = 10; size < 15; ++size) come(sealed(size));
  early_->forgo(spi());
  EXPECT_EQ(counters().dropped, 5U);
  install();
  early_->release(spi());
  EXPECT_TRUE(arrived().empty());
  EXPECT_EQ(counters().let_in, 0U);
}

TEST_P(KernelEarly, IsOfItsPeerAndOfItsSpi) {
  early_->expect(offer());
  come(sealed(10), v4() ? "192.0.2.3" : "2001:db8::3");
  auto other = sealed(11);
  other[3] ^= 1;
  come(other);
  early_->forgo(spi());
  EXPECT_EQ(counters().dropped, 0U);
}

TEST_P(KernelEarly, IsBoundedInSizeAndTime) {
  early_->expect(offer());
  const auto esp = sealed(1000);
  for (int i = 0; i < 2000; ++i) come(esp);
  early_->forgo(spi());
  EXPECT_GT(counters().dropped, 32U);
  EXPECT_LT(counters().dropped, EarlyEsp::kOctetsOfOffer / 1000);
  const auto before = counters().dropped;
  early_->expect(offer());
  come(sealed(10));
  ::usleep(2'050'000);
  come(sealed(11));
  install();
  early_->release(spi());
  EXPECT_EQ(counters().dropped, before + 1);
  EXPECT_EQ(arrived(), (std::vector<std::size_t>{11}));
}

TEST_P(KernelEarly, IsHeldForSoManyOffersAtATime) {
  auto one = offer();
  for (std::size_t i = 0; i < EarlyEsp::kMostOffers + 10; ++i) {
    ++one.inbound_spi.value;
    early_->expect(one);
  }
  EXPECT_EQ(early_->offers(), EarlyEsp::kMostOffers);
  one = offer();
  for (std::size_t i = 0; i < EarlyEsp::kMostOffers + 10; ++i) {
    ++one.inbound_spi.value;
    early_->forgo(one.inbound_spi);
  }
  EXPECT_EQ(early_->offers(), 0U);
}

INSTANTIATE_TEST_SUITE_P(, KernelEarly,
                         testing::Values(Wire{IpFamily::v4, false}, Wire{IpFamily::v4, true}, Wire{IpFamily::v6, false},
                                         Wire{IpFamily::v6, true}),
                         [](const auto& wire) {
                           return std::string(wire.param.family == IpFamily::v4 ? "Ipv4" : "Ipv6") +
                                  (wire.param.udp ? "InUdp" : "");
                         });

}  // namespace
}  // namespace keypact::daemon
