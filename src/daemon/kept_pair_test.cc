#include "daemon/kept_pair.h"

#include <gtest/gtest.h>

#include "config/load.h"
#include "config/memory_files.h"

namespace keypact::daemon {
namespace {

constexpr std::uint32_t kReqid = 0x6f000007;

IpAddress ip(const char* text) { return *IpAddress::parse(text); }
TrafficSelector net(const char* address) { return TrafficSelector::of(prefix_of(ip(address), 24)); }

/// A gateway's Child SA between 10.1.0.0/24 here and 10.2.0.0/24 there, as a kernel lists it.
struct Listed {
  std::vector<xfrm::StateReport> states;
  std::vector<xfrm::PolicyReport> policies;

  xfrm::StateReport& add_state(const char* source, const char* destination, std::uint32_t spi,
                               std::uint32_t reqid = kReqid) {
    auto& report = states.emplace_back();
    report.state.id = {ip(destination), {spi}};
    report.state.source = ip(source);
    report.state.reqid = reqid;
    report.encryption = "rfc4106(gcm(aes))";
    report.icv_bits = 128;
    report.encryption_key = Secret(36);
    return report;
  }
  void add_policy(xfrm::Direction direction, const TrafficSelector& source, const TrafficSelector& destination,
                  std::optional<xfrm::Template> protection) {
    const auto selectors = xfrm::selectors_between({source}, {destination});
    policies.push_back({{direction, selectors->front()}, {1000, false, std::move(protection)}, 8});
  }
  void add_pair(std::uint32_t inbound, std::uint32_t outbound) {
    add_state("192.0.2.2", "192.0.2.1", inbound);
    add_state("192.0.2.1", "192.0.2.2", outbound);
  }
  void add_policies(std::uint32_t outbound) {
    const xfrm::Template any{IpAddress::unspecified(IpFamily::v4), IpAddress::unspecified(IpFamily::v4), {}, kReqid};
    add_policy(xfrm::Direction::out, net("10.1.0.0"), net("10.2.0.0"),
               xfrm::Template{ip("192.0.2.1"), ip("192.0.2.2"), {outbound}, kReqid});
    add_policy(xfrm::Direction::in, net("10.2.0.0"), net("10.1.0.0"), any);
    add_policy(xfrm::Direction::forward, net("10.2.0.0"), net("10.1.0.0"), any);
  }
  [[nodiscard]] LeftBehind left() const { return pair_up(states, policies); }
};

Listed one_pair() {
  Listed listed;
  listed.add_pair(0x1001, 0x2001);
  listed.add_policies(0x2001);
  return listed;
}

std::shared_ptr<const config::Snapshot> configuration(const std::string& child, const std::string& connection = "") {
  config::MemoryFiles files(
      {{"/swanctl.conf", "connections { site {\n local_addrs = 192.0.2.1\n remote_addrs = 192.0.2.2\n " + connection +
                             "\n local { auth = psk }\n remote { auth = psk\n id = b }\n children { net {\n" + child +
                             "\n} } } }"}});
  auto loaded = config::load(files, "/swanctl.conf");
  EXPECT_TRUE(loaded) << to_string(loaded.error().front());
  return loaded->snapshot;
}

constexpr const char* kNets = "local_ts = 10.1.0.0/24\n remote_ts = 10.2.0.0/24\n";

std::string verdict(const Listed& listed, const std::string& child, const std::string& connection = "") {
  const auto left = listed.left();
  const auto snapshot = configuration(child, connection);
  const auto fit = ChildFinder(*snapshot).find(left.pairs.at(0));
  return fit ? fit->connection + '/' + fit->child : fit.error();
}

TEST(KeptPair, AnOutboundPolicyAndItsReqidHoldItTogether) {
  auto listed = one_pair();
  listed.add_policy(xfrm::Direction::forward, net("10.1.0.0"), net("10.2.0.0"), std::nullopt);
  listed.add_policy(xfrm::Direction::forward, net("10.1.0.0"), net("10.9.0.0"), std::nullopt);
  const auto left = listed.left();
  ASSERT_EQ(left.pairs.size(), 1U);
  EXPECT_EQ(left.pairs[0].to_string(), "00002001 to 192.0.2.2");
  EXPECT_EQ(left.pairs[0].policies.size(), 4U) << "with what lets forwarded packets pass";
  EXPECT_TRUE(left.others.empty());
}

TEST(KeptPair, WhileItWasRekeyedAllOfItsInboundSasStayAndTheOutboundOneInUse) {
  auto listed = one_pair();
  listed.add_pair(0x1002, 0x2002);
  const auto left = listed.left();
  ASSERT_EQ(left.pairs.size(), 1U);
  EXPECT_EQ(left.pairs[0].outbound.id.spi.value, 0x2001U);
  EXPECT_EQ(left.pairs[0].inbound.size(), 2U);
  ASSERT_EQ(left.others.size(), 1U);
  EXPECT_EQ(left.others[0].spi.value, 0x2002U);
}

TEST(KeptPair, WhatHasNoPolicyOrIsOneWayIsNone) {
  Listed without_policies;
  without_policies.add_pair(0x1001, 0x2001);
  EXPECT_TRUE(without_policies.left().pairs.empty());
  EXPECT_EQ(without_policies.left().others.size(), 2U);
  Listed one_way;
  one_way.add_state("192.0.2.1", "192.0.2.2", 0x2001);
  one_way.add_policies(0x2001);
  EXPECT_TRUE(one_way.left().pairs.empty());
  auto waiting = one_pair();
  waiting.states[1].encryption.clear();  // the kernel lost the SA, and asks for one
  EXPECT_TRUE(waiting.left().pairs.empty());
}

TEST(KeptPair, FitsTheChildThatItWas) {
  EXPECT_EQ(verdict(one_pair(), kNets), "site/net");
  EXPECT_EQ(verdict(one_pair(), "local_ts = 10.1.0.0/16\n remote_ts = 10.2.0.0/16"), "site/net") << "it was narrowed";
  EXPECT_EQ(verdict(one_pair(), std::string(kNets) + "esp_proposals = aes256gcm16-noesn"), "site/net");
  EXPECT_EQ(verdict(one_pair(), kNets, "# any\n"), "site/net");
}

TEST(KeptPair, OfAhTheIntegrityCounts) {
  auto listed = one_pair();
  for (auto& report : listed.states) {
    report.state.id.protocol = xfrm::IpProtocol::ah;
    report.encryption.clear();
    report.encryption_key = {};
    report.integrity = "hmac(sha256)";
  }
  for (auto& report : listed.policies) report.content.protection->protocol = xfrm::IpProtocol::ah;
  EXPECT_EQ(verdict(listed, std::string(kNets) + "ah_proposals = sha256"), "site/net");
  EXPECT_EQ(verdict(listed, std::string(kNets) + "ah_proposals = sha512"), "site/net proposes other algorithms");
  EXPECT_EQ(verdict(listed, kNets), "site/net proposes other algorithms");
}

TEST(KeptPair, CompressionBelongsToIt) {
  auto listed = one_pair();
  listed.add_pair(0x1234, 0x4321);
  for (auto& report : {&listed.states[2], &listed.states[3]}) {
    report->state.id.protocol = xfrm::IpProtocol::comp;
    report->encryption.clear();
    report->compression = "deflate";
  }
  for (auto i : {0, 1}) listed.states[i].state.mode = Mode::transport;
  auto& protection = listed.policies[0].content;
  protection.compression = protection.protection;
  protection.compression->spi = {0x4321};
  protection.compression->protocol = xfrm::IpProtocol::comp;
  protection.protection->mode = Mode::transport;
  const auto left = listed.left();
  ASSERT_EQ(left.pairs.size(), 1U);
  EXPECT_EQ(left.pairs[0].states().size(), 4U);
  EXPECT_TRUE(left.others.empty());
  EXPECT_EQ(verdict(listed, std::string(kNets) + "ipcomp = yes"), "site/net");
  EXPECT_EQ(verdict(listed, kNets), "site/net compresses nothing");
}

TEST(KeptPair, NumbersThatWereChosenCouldBeChosenAgain) {
  constexpr const char* kOther = "site/net has other marks, interface ids or another interface";
  const auto with_marks = [](std::uint32_t in, std::uint32_t out, const std::string& settings) {
    auto listed = one_pair();
    for (auto& report : listed.policies)
      report.key.lane.mark = {report.key.direction == xfrm::Direction::out ? out : in, ~0U};
    for (auto& report : listed.states)
      if (report.state.source == ip("192.0.2.1")) report.state.id.mark = {out, ~0U};
    return verdict(listed, kNets + settings);
  };
  const std::string unique = "mark_in = %unique\n mark_out = %unique";
  const std::string unique_dir = "mark_in = %unique-dir\n mark_out = %unique-dir";
  EXPECT_EQ(with_marks(7, 7, unique), "site/net");
  EXPECT_EQ(with_marks(7, 8, unique), kOther);
  EXPECT_EQ(with_marks(7, 8, unique_dir), "site/net");
  EXPECT_EQ(with_marks(7, 7, unique_dir), kOther);
  EXPECT_EQ(with_marks(0, 0, unique), kOther);
  EXPECT_EQ(with_marks(7, 7, unique + "/0xff"), kOther) << "they stand under another mask";
  EXPECT_EQ(with_marks(7, 7, "mark_in = 7\n mark_out = %unique"), "site/net");
  EXPECT_EQ(with_marks(8, 7, "mark_in = 7\n mark_out = %unique"), kOther);
  EXPECT_EQ(verdict(one_pair(), std::string(kNets) + "mark_out = %unique"), kOther);
  auto of_interfaces = one_pair();
  for (auto& report : of_interfaces.policies) report.key.lane.interface_id = 9;
  EXPECT_EQ(verdict(of_interfaces, std::string(kNets) + "if_id_in = %unique\n if_id_out = %unique"), "site/net");
  EXPECT_EQ(verdict(of_interfaces, kNets), kOther);
}

TEST(KeptPair, SaysInWhatTheNearestChildDiffers) {
  EXPECT_EQ(verdict(one_pair(), "local_ts = 10.1.0.0/25\n remote_ts = 10.2.0.0/24"),
            "site/net has other traffic selectors");
  EXPECT_EQ(verdict(one_pair(), "local_ts = 10.1.0.0/24[tcp]\n remote_ts = 10.2.0.0/24"),
            "site/net has other traffic selectors");
  EXPECT_EQ(verdict(one_pair(), std::string(kNets) + "esp_proposals = aes128gcm16"),
            "site/net proposes other algorithms");
  EXPECT_EQ(verdict(one_pair(), std::string(kNets) + "esp_proposals = aes256gcm16-esn"),
            "site/net proposes other algorithms");
  EXPECT_EQ(verdict(one_pair(), std::string(kNets) + "mark_out = 7"),
            "site/net has other marks, interface ids or another interface");
  EXPECT_EQ(verdict(one_pair(), std::string(kNets) + "reqid = 9"), "site/net has another reqid");
  EXPECT_EQ(verdict(one_pair(), std::string(kNets) + "mode = pass"), "site/net protects nothing");
  auto elsewhere = one_pair();
  for (auto& report : elsewhere.states) {
    if (report.state.source == ip("192.0.2.1")) report.state.source = ip("192.0.2.9");
    else report.state.id.destination = ip("192.0.2.9");
  }
  EXPECT_EQ(verdict(elsewhere, kNets), "site/net has other addresses");
  auto transport = one_pair();
  for (auto& report : transport.states) report.state.mode = Mode::transport;
  EXPECT_EQ(verdict(transport, kNets), "site/net has another mode");
}

}  // namespace
}  // namespace keypact::daemon
