#include "io/engine_steering.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/instant.h"
#include "ipsec/steering.h"

namespace keypact::io {
namespace {

constexpr std::size_t kEngines = 3;

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

/// The first octets of an IKE message: both SPIs with our engine in the low octet of either, and the flags.
Octets message(std::uint8_t initiator_low, std::uint8_t responder_low, bool has_responder, std::uint8_t flags) {
  Octets octets(28, 0);
  octets[0] = 0x11;
  octets[7] = initiator_low;
  if (has_responder) octets[8] = 0x22;
  octets[15] = has_responder ? responder_low : 0;
  octets[17] = 0x20;
  octets[19] = flags;
  return octets;
}

class EngineSteering : public ::testing::TestWithParam<const char*> {
 protected:
  void open(bool nat) {
    const auto host = ip(GetParam());
    if (!address_family_available(host.family())) GTEST_SKIP() << "no IPv6";
    UdpOptions options{.bind = {host, 0}, .reuse_port = true};
    for (std::size_t i = 0; i < kEngines + (nat ? 1 : 0); ++i) {
      sockets.push_back(*UdpSocket::open(options));
      options.bind.port = sockets.front().local().port;
    }
    ASSERT_TRUE(steer(sockets.back(), {host.family(), kEngines, nat}).has_value());
  }

  /// Which socket received it.
  std::optional<std::size_t> arrives(const Octets& octets, const std::optional<IpAddress>& from = std::nullopt) {
    const auto source = from.value_or(ip(GetParam()));
    auto sender = *UdpSocket::open({.bind = {source, 0}});
    const OutgoingDatagram datagram{source, sockets.front().local(), 0, 0, false, octets};
    EXPECT_EQ(sender.send({&datagram, 1}).sent, 1u);
    for (int attempt = 0; attempt < 200; ++attempt) {
      for (std::size_t i = 0; i < sockets.size(); ++i)
        if (const auto batch = sockets[i].receive(); batch && !batch->empty()) return i;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return std::nullopt;
  }

  std::vector<UdpSocket> sockets;
};

TEST_P(EngineSteering, WhatBelongsToAnIkeSaGoesByTheSpiThatWeChose) {
  open(false);
  for (std::uint8_t engine = 0; engine < kEngines; ++engine) {
    EXPECT_EQ(arrives(message(0x77, engine, true, 0x08)), engine) << "request of the peer that began";
    EXPECT_EQ(arrives(message(0x77, engine, true, 0x28)), engine) << "its response";
    EXPECT_EQ(arrives(message(engine, 0x77, true, 0x20)), engine) << "response to us, who began";
    EXPECT_EQ(arrives(message(engine, 0, false, 0x20)), engine) << "a cookie for us";
  }
}

TEST_P(EngineSteering, WhatBeginsAnIkeSaGoesByItsSource) {
  open(false);
  const auto here = ip(GetParam());
  EXPECT_EQ(arrives(message(1, 0, false, 0x08)), ipsec::engine_for(here, kEngines));
  EXPECT_EQ(arrives(message(2, 0, false, 0x08)), ipsec::engine_for(here, kEngines));
  EXPECT_EQ(arrives(message(1, 0xee, true, 0x08)), ipsec::engine_for(here, kEngines)) << "no SPI of ours";
}

TEST_P(EngineSteering, WhatIsNoIkeGoesToTheLastSocketOfTheNatPort) {
  open(true);
  Octets esp(40, 0x5a);
  EXPECT_EQ(arrives(esp), kEngines);
  Octets marked(4, 0);
  append(marked, message(0x77, 2, true, 0x08));
  EXPECT_EQ(arrives(marked), 2u);
}

TEST_P(EngineSteering, ATruncatedDatagramGoesToTheFirst) {
  open(false);
  EXPECT_EQ(arrives(Octets(7, 0xff)), 0u);
}

INSTANTIATE_TEST_SUITE_P(Families, EngineSteering, ::testing::Values("127.0.0.1", "::1"));

TEST(EngineSteeringV4, ManySourcesAreSpreadAsTheEnginesThinkTheyAre) {
  UdpOptions options{.bind = {ip("127.0.0.1"), 0}, .reuse_port = true};
  std::vector<UdpSocket> sockets;
  for (std::size_t i = 0; i < kEngines; ++i) {
    sockets.push_back(*UdpSocket::open(options));
    options.bind.port = sockets.front().local().port;
  }
  ASSERT_TRUE(steer(sockets.back(), {IpFamily::v4, kEngines, false}).has_value());
  auto sender = *UdpSocket::open({.bind = {IpAddress::unspecified(IpFamily::v4), 0}});
  const auto octets = message(1, 0, false, 0x08);
  std::size_t received = 0;
  for (std::uint8_t host = 1; host < 60; ++host) {
    const OutgoingDatagram datagram{IpAddress::v4(127, 64, host, 7), sockets.front().local(), 0, 0, false, octets};
    ASSERT_EQ(sender.send({&datagram, 1}).sent, 1u);
  }
  for (int attempt = 0; attempt < 200 && received < 59; ++attempt) {
    for (std::size_t i = 0; i < kEngines; ++i) {
      const auto batch = sockets[i].receive();
      if (!batch) continue;
      for (const auto& datagram : *batch) {
        ++received;
        EXPECT_EQ(ipsec::engine_for(datagram.remote.address, kEngines), i);
      }
    }
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_EQ(received, 59u);
}

}  // namespace
}  // namespace keypact::io
