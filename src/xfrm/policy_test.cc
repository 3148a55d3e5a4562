#include "xfrm/policy.h"

#include <gtest/gtest.h>

#include "xfrm/test_octets.h"

namespace keypact::xfrm {
namespace {

std::string behind_header(const Message& message) { return to_hex(message.octets().subspan(sizeof(nlmsghdr))); }

Prefix prefix(const char* address, int length) { return {*IpAddress::parse(address), length}; }

PolicyKey tcp_key() { return {Direction::out, {prefix("10.1.0.0", 24), prefix("10.2.0.0", 16), 6, {}, {80, 0xffff}}}; }

TEST(XfrmPolicy, APolicyWithATemplateIsWhatIproute2Sends) {
  const PolicyContent content{
      1000, false,
      Template{*IpAddress::parse("192.0.2.1"), *IpAddress::parse("192.0.2.2"), {0x11223344}, 77, Mode::tunnel}};
  EXPECT_EQ(behind_header(new_policy(tcp_key(), content, 1610612745)), kTcpPolicy);
}

TEST(XfrmPolicy, APolicyThatDropsIsWhatIproute2Sends) {
  const PolicyKey key{Direction::in, {prefix("fd00::", 64), prefix("fd01::1", 128)}};
  EXPECT_EQ(behind_header(new_policy(key, {5, true, std::nullopt}, 0)), kDiscardPolicy);
}

TEST(XfrmPolicy, PortsOfSctpAndTypesOfIcmpAreWhatIproute2Sends) {
  const auto selector = [](const char* address, std::uint8_t protocol, PortRange ports) {
    auto made = TrafficSelector::of(prefix(address, 24));
    made.protocol = protocol;
    made.ports = ports;
    return std::vector{made};
  };
  const auto written = [](Direction direction, const std::vector<TrafficSelector>& from,
                          const std::vector<TrafficSelector>& to) {
    const auto found = selectors_between(from, to);
    EXPECT_TRUE(found && found->size() == 1);
    return behind_header(new_policy({direction, found->front()}, {7, true, std::nullopt}, 0));
  };
  EXPECT_EQ(written(Direction::out, selector("10.1.0.0", 132, PortRange::single(5000)),
                    selector("10.2.0.0", 132, PortRange::single(36412))),
            kSctpPolicy);
  // What the receiver's side says of ICMP is for what it sends.
  EXPECT_EQ(written(Direction::in, selector("10.1.0.0", 1, PortRange::single(8 << 8)),
                    selector("10.2.0.0", 1, PortRange::single(0))),
            kEchoPolicy);
}

TEST(XfrmPolicy, ADeletionIsWhatIproute2Sends) { EXPECT_EQ(behind_header(delete_policy(tcp_key())), kPolicyDeletion); }

TEST(XfrmPolicy, WhatIsWrittenIsReadBack) {
  const PolicyContent content{
      77, false,
      Template{*IpAddress::parse("2001:db8::1"), *IpAddress::parse("2001:db8::2"), {300}, 9, Mode::transport}};
  auto key = tcp_key();
  key.direction = Direction::forward;
  key.lane = {{3, 0xff}, 12};
  key.device = 7;
  const auto message = new_policy(key, content, 0x6000000a);
  auto octets = message.octets();
  const auto report = read_policy(*MessageView::take(octets));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->key, key);
  EXPECT_EQ(report->content, content);
  EXPECT_EQ(report->index, 0x6000000a);
}

TEST(XfrmPolicy, PrioritiesAreThoseOfCharon) {
  // As `ip xfrm policy` shows them with charon 5.9.8.
  const Selector nets{prefix("10.1.0.0", 24), prefix("10.2.0.0", 24)};
  EXPECT_EQ(priority_of(PolicyAction::protect, nets, true), 375423);
  EXPECT_EQ(priority_of(PolicyAction::protect, nets, false), 375424);
  const Selector one_port{prefix("10.2.0.5", 32), prefix("10.1.0.0", 24), 6, {}, {80, 0xffff}};
  EXPECT_EQ(priority_of(PolicyAction::bypass, one_port, false), 171007);
  const Selector large{prefix("10.2.0.0", 16), prefix("10.1.0.0", 16)};
  EXPECT_EQ(priority_of(PolicyAction::discard, large, false), 583615);
}

TEST(XfrmPolicy, WhatPassesComesBeforeWhatIsProtectedAndThenWhatIsDropped) {
  const Selector all{prefix("::", 0), prefix("::", 0)};
  const Selector one{prefix("::1", 128), prefix("::2", 128), 6, {1, 0xffff}, {2, 0xffff}};
  EXPECT_LT(priority_of(PolicyAction::bypass, all, false), priority_of(PolicyAction::protect, one, true));
  EXPECT_LT(priority_of(PolicyAction::protect, all, false), priority_of(PolicyAction::discard, one, false));
  EXPECT_LT(priority_of(PolicyAction::protect, one, false), priority_of(PolicyAction::protect, all, true));
  EXPECT_LT(priority_of(PolicyAction::protect, all, false), kBehindWhatIsProtected);
  EXPECT_GT(priority_of(PolicyAction::discard, one, false), kBehindWhatIsProtected);
}

}  // namespace
}  // namespace keypact::xfrm
