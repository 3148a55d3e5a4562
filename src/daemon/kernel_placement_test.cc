// Where in the kernel Child SAs stand, and what of it somebody else has changed (daemon/test_kernel.h says where these tests run).
#include <set>

#include "daemon/test_kernel.h"

namespace keypact::daemon {
namespace {

TEST_F(KernelStack, WhereAChildSaStandsIsReadBackAsItWasGiven) {
  auto sa = child_sa(1);
  sa.placement.in = {{0x11, 0xff}, 5};
  sa.placement.out = {{0x22, 0xfff}, 6};
  sa.placement.mark_in_sa = true;
  sa.placement.set_mark_in = {0x33, 0xf0ff};
  sa.placement.set_mark_out = {0x40000, 0xff0000};
  sa.placement.reqid = 77;
  sa.placement.priority = 1234;
  sa.tfc_padding = 1400;
  const auto inbound_spi = sa.inbound_spi;
  const auto outbound_spi = sa.outbound_spi;
  ASSERT_TRUE(install(std::move(sa)));
  const auto all = states();
  const auto* inbound = find(all, inbound_spi);
  const auto* outbound = find(all, outbound_spi);
  ASSERT_TRUE(inbound != nullptr && outbound != nullptr);
  EXPECT_EQ(inbound->state.id.mark, (Mark{0x11, 0xff}));
  EXPECT_EQ(inbound->state.set_mark, (Mark{0x33, 0xf0ff}));
  EXPECT_EQ(inbound->state.interface_id, 5u);
  EXPECT_EQ(inbound->state.tfc_padding, 0u);
  EXPECT_EQ(outbound->state.id.mark, (Mark{0x22, 0xfff}));
  EXPECT_EQ(outbound->state.set_mark, (Mark{0x40000 | kOwnTrafficMark, ~0U}));
  EXPECT_EQ(outbound->state.interface_id, 6u);
  EXPECT_EQ(outbound->state.tfc_padding, 1400u);
  EXPECT_EQ(outbound->state.reqid, 77u);
  const auto found = policies();
  ASSERT_EQ(found.size(), 3u);
  for (const auto& policy : found) {
    const bool out = policy.key.direction == xfrm::Direction::out;
    EXPECT_EQ(policy.key.lane, out ? (Lane{{0x22, 0xfff}, 6}) : (Lane{{0x11, 0xff}, 5}));
    EXPECT_EQ(policy.content.priority, 1234u);
    EXPECT_EQ(policy.content.protection->reqid, 77u);
  }
  EXPECT_TRUE(sad_->counters(ChildSaId{1})) << "an SA with a mark is found by it";
  spd_->detach(ChildSaId{1});
  EXPECT_TRUE(spd_->flush().empty());
  sad_->remove(ChildSaId{1});
  EXPECT_TRUE(states().empty());
  EXPECT_TRUE(policies().empty());
}

TEST_F(KernelStack, WithoutMarkInSaOnlyThePolicyHasTheInboundMark) {
  auto sa = child_sa(1);
  sa.placement.in.mark = {0x11, 0xff};
  const auto inbound_spi = sa.inbound_spi;
  ASSERT_TRUE(install(std::move(sa)));
  const auto all = states();
  EXPECT_TRUE(find(all, inbound_spi)->state.id.mark.is_any());
}

TEST_F(KernelStack, ChildSasWithTheSameSelectorsStandBesideEachOther) {
  const auto marked = [](std::uint64_t id, std::uint32_t mark) {
    auto sa = child_sa(id);
    sa.placement.in.mark = sa.placement.out.mark = {mark, ~0U};
    return sa;
  };
  ASSERT_TRUE(install(marked(1, 1)));
  ASSERT_TRUE(install(marked(2, 2)));
  ASSERT_TRUE(install(child_sa(3)));
  EXPECT_EQ(policies().size(), 9u);
  const std::set reqids = {spd_->reqid_of(ChildSaId{1}), spd_->reqid_of(ChildSaId{2}), spd_->reqid_of(ChildSaId{3})};
  EXPECT_EQ(reqids.size(), 3u) << "what came by one of them does not answer the policies of another";
  spd_->detach(ChildSaId{1});
  EXPECT_TRUE(spd_->flush().empty());
  for (const auto& policy : policies()) EXPECT_NE(policy.key.lane.mark.value, 1u);
  EXPECT_EQ(policies().size(), 6u);
}

TEST_F(KernelStack, AGivenPriorityLeavesATrapBehindItsSa) {
  ipsec::Policy policy{PolicyId{1}, "a/b", PolicyAction::protect, {net("10.1.0.0", 24)}, {net("10.2.0.0", 24)}};
  policy.placement.priority = 500;
  ASSERT_TRUE(spd_->install(policy));
  EXPECT_TRUE(spd_->flush().empty());
  for (const auto& report : policies()) EXPECT_EQ(report.content.priority, 501u);
  auto sa = child_sa(1);
  sa.placement.priority = 500;
  ASSERT_TRUE(install(std::move(sa)));
  for (const auto& report : policies()) EXPECT_EQ(report.content.priority, 500u);
}

TEST_F(KernelStack, PoliciesOverOneInterfaceNameItAndAnUnknownOneIsRefused) {
  auto sa = child_sa(1);
  sa.placement.interface = "lo";
  ASSERT_TRUE(install(std::move(sa)));
  for (const auto& report : policies()) EXPECT_EQ(report.key.device, 1u);
  auto other = child_sa(2);
  other.placement.interface = "nosuchlink";
  const auto done = install(std::move(other));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error(), "there is no network interface nosuchlink");
}

TEST_F(KernelStack, PoliciesAreLeftToOthersWhereTheyAreToBe) {
  auto sa = child_sa(1);
  sa.placement.policies = false;
  ASSERT_TRUE(install(std::move(sa)));
  EXPECT_EQ(states().size(), 2u);
  EXPECT_TRUE(policies().empty());
}

TEST_F(KernelStack, WhatIsForwardedIntoATunnelHasAPolicyOfItsOwnWhereItIsWanted) {
  auto sa = child_sa(1);
  sa.placement.policies_fwd_out = true;
  ASSERT_TRUE(install(std::move(sa)));
  const auto all = policies();
  ASSERT_EQ(all.size(), 4u);
  const auto passes = std::ranges::count_if(all, [](const auto& report) {
    return report.key.direction == xfrm::Direction::forward && !report.content.protection &&
           report.content.priority == xfrm::kBehindWhatIsProtected &&
           report.key.selector.source == prefix_of(ip("10.1.0.0"), 24);
  });
  EXPECT_EQ(passes, 1);
}

TEST_F(KernelStack, AnSaWithAGivenReqidIsTakenAwayAfterACrash) {
  auto sa = child_sa(1);
  sa.placement.reqid = 77;
  ASSERT_TRUE(install(std::move(sa)));
  xfrm::State foreign;
  foreign.id = {ip("192.0.2.9"), {0x9000}};
  foreign.source = ip("192.0.2.1");
  foreign.reqid = 78;
  ask(*xfrm::new_state(foreign, keys_for(kGcm, 1)));
  KernelSpd next(*socket_, kMark);
  ASSERT_TRUE(next.find_earlier_run());
  EXPECT_TRUE(sad_->remove_all_of([&](std::uint32_t reqid) { return next.is_ours(reqid); }));
  const auto left = states();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].state.reqid, 78u);
}

TEST_F(KernelStack, WhatSomebodyElseChangedIsFound) {
  const auto ours = [&](std::uint32_t reqid) { return spd_->is_ours(reqid); };
  ASSERT_TRUE(spd_->install({PolicyId{1}, "a/b", PolicyAction::protect, {net("10.1.0.0", 24)}, {net("10.2.0.0", 24)}}));
  ASSERT_TRUE(install(child_sa(1)));
  EXPECT_TRUE(sad_->drift(ours).empty());
  EXPECT_TRUE(spd_->drift().empty());
  for (const auto& report : states())
    if (report.state.id.spi == EspSpi{0x2001}) ask(xfrm::delete_state(report.state.id));
  EXPECT_EQ(sad_->drift(ours), std::vector<std::string>{"the kernel lacks the SA 00002001 to 192.0.2.2 of Child SA 1"});
  for (const auto& report : policies()) {
    if (report.key.direction == xfrm::Direction::out) ask(xfrm::delete_policy(report.key));
    if (report.key.direction == xfrm::Direction::in)
      ask(xfrm::update_policy(report.key, {1, true, std::nullopt}, report.index));
  }
  EXPECT_EQ(spd_->drift(),
            (std::vector<std::string>{"the kernel has another policy in for 10.2.0.0/24 to 10.1.0.0/24",
                                      "the kernel lacks the policy out for 10.1.0.0/24 to 10.2.0.0/24"}));
  xfrm::State stray;
  stray.id = {ip("192.0.2.9"), {0x9000}};
  stray.source = ip("192.0.2.1");
  stray.reqid = spd_->reqid_of(ChildSaId{1});
  ask(*xfrm::new_state(stray, keys_for(kGcm, 1)));
  EXPECT_EQ(sad_->drift(ours).back(), "the kernel has the SA 00009000 to 192.0.2.9, which belongs to no Child SA");
}

}  // namespace
}  // namespace keypact::daemon
