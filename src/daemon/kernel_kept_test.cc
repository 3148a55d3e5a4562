// What an earlier run left, and who takes its place. Needs a kernel with ESP: see test_kernel.h.
#include "config/load.h"
#include "config/memory_files.h"
#include "daemon/kept_pairs.h"
#include "daemon/test_kernel.h"

namespace keypact::daemon {
namespace {

std::shared_ptr<const config::Snapshot> site() {
  config::MemoryFiles files(
      {{"/swanctl.conf",
        "connections { site {\n local_addrs = 192.0.2.1\n remote_addrs = 192.0.2.2\n local { auth = psk }\n"
        "remote { auth = psk\n id = b }\n children { net {\n local_ts = 10.1.0.0/24\n remote_ts = 10.2.0.0/24\n"
        "esp_proposals = aes128gcm16-noesn\n } } } }"}});
  return config::load(files, "/swanctl.conf")->snapshot;
}

/// One SA pair is in the kernel, put there by objects that are gone. Those of the fixture are the next run's.
class KernelKept : public KernelStack {
 protected:
  void SetUp() override {
    KernelStack::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(install(child_sa(1)));
    sad_ = std::make_unique<KernelSad>(*socket_, kOwnTrafficMark);
    spd_ = std::make_unique<KernelSpd>(*socket_, kMark);
    kept_ = std::make_unique<KeptPairs>(*socket_, *spd_);
    const auto earlier_policies = spd_->find_earlier_run();
    const auto earlier = sad_->find_earlier_run([&](std::uint32_t reqid) { return spd_->is_ours(reqid); });
    ASSERT_TRUE(earlier_policies && earlier);
    kept_->take(pair_up(earlier->states, *earlier_policies), now_);
    kept_->start([this](const ike::Initiate& initiate) { asked_.push_back(initiate); },
                 [this](const std::string& text) { told_.push_back(text); });
    ipsec::Policy policy;
    policy.id = PolicyId{1};
    policy.local = {net("10.1.0.0", 24)};
    policy.remote = {net("10.2.0.0", 24)};
    ASSERT_TRUE(spd_->install(policy));
    EXPECT_TRUE(spd_->flush().empty());
  }
  EspSpi outbound_spi() {
    for (const auto& report : policies())
      if (report.key.direction == xfrm::Direction::out && report.content.protection)
        return report.content.protection->spi;
    return {};
  }
  void forget_unfit() {
    kept_->compare_with(*site(), now_);
    kept_->forget_unfit();
    spd_->forget_earlier_run();
    EXPECT_TRUE(spd_->flush().empty());
  }

  std::unique_ptr<KeptPairs> kept_;
  std::vector<ike::Initiate> asked_;
  std::vector<std::string> told_;
  Instant now_{seconds(1000)};
  KeptPairs::CanWait can_wait_ = [](const std::string& child) { return child == "site/net"; };
};

TEST_F(KernelKept, ItStaysBeforeTheTrapAndItsChildIsAskedForAgainAndAgain) {
  forget_unfit();
  EXPECT_EQ(outbound_spi().value, 0x2001U);
  EXPECT_EQ(states().size(), 2U);
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(asked_[0].connection + '/' + asked_[0].child, "site/net");
  kept_->on_tick(now_ + KeptPairs::kBetweenRequests);
  EXPECT_EQ(asked_.size(), 2U);
  EXPECT_EQ(kept_->list(now_).size(), 1U);
  EXPECT_TRUE(sad_->drift([&](std::uint32_t reqid) { return spd_->is_ours(reqid); }, kept_->states()).empty());
}

TEST_F(KernelKept, ANewSaWithItsReqidTakesItsPlaceAtOnceAndTheOldOneAcceptsForAWhile) {
  forget_unfit();
  const auto reqid = states().front().state.reqid;
  ASSERT_TRUE(install(child_sa(5)));
  kept_->carried_by(*sad_->find(ChildSaId{5}), "site/net", now_);
  EXPECT_EQ(outbound_spi().value, 0x2005U);
  EXPECT_EQ(spd_->reqid_of(ChildSaId{5}), reqid);
  EXPECT_EQ(states().size(), 4U);
  EXPECT_TRUE(kept_->list(now_).empty());
  kept_->on_tick(now_ + KeptPairs::kStragglers);
  EXPECT_EQ(states().size(), 2U);
  EXPECT_TRUE(kept_->empty());
  EXPECT_EQ(kept_->take_gone().size(), 1U);
  EXPECT_TRUE(spd_->drift().empty());
}

TEST_F(KernelKept, OneThatStandsByTakesItsPlaceAfterAMoment) {
  forget_unfit();
  auto sa = child_sa(5);
  sa.use_outbound = false;
  ASSERT_TRUE(install(std::move(sa)));
  kept_->stood_by(*sad_->find(ChildSaId{5}), "site/net", now_);
  EXPECT_EQ(outbound_spi().value, 0x2001U);
  kept_->on_tick(now_ + KeptPairs::kUntilPeerHasIt);
  EXPECT_EQ(outbound_spi().value, 0x2005U);
}

TEST_F(KernelKept, WhatAForgetfulPeerWouldDropWaitsForAWhile) {
  forget_unfit();
  kept_->hold("other", can_wait_, now_ + seconds(1));
  EXPECT_FALSE(kept_->held_until());
  kept_->hold("site", can_wait_, now_ + seconds(1));
  EXPECT_TRUE(kept_->is_held("site/net"));
  EXPECT_EQ(outbound_spi().value, 0U) << "the policy without an SA, where packets wait";
  EXPECT_EQ(states().size(), 2U);
  kept_->carry_again(now_ + seconds(1));
  EXPECT_EQ(outbound_spi().value, 0U);
  EXPECT_EQ(kept_->held_until(), now_ + seconds(1) + KeptPairs::kMostHeld);
  kept_->carry_again(now_ + seconds(1) + KeptPairs::kMostHeld);
  EXPECT_EQ(outbound_spi().value, 0x2001U);
  EXPECT_FALSE(kept_->is_held("site/net"));
  EXPECT_FALSE(kept_->held_until());
  EXPECT_TRUE(spd_->drift().empty());
}

TEST_F(KernelKept, WhatCannotWaitGoesOnAsItDid) {
  forget_unfit();
  kept_->hold("site", [](const std::string&) { return false; }, now_ + seconds(1));
  EXPECT_FALSE(kept_->held_until());
  EXPECT_EQ(outbound_spi().value, 0x2001U);
}

TEST_F(KernelKept, WhatWaitsGoesOnByTheNewSaOrWhenThereIsNone) {
  forget_unfit();
  kept_->hold("site", can_wait_, now_ + seconds(1));
  kept_->carry("site");
  EXPECT_EQ(outbound_spi().value, 0x2001U) << "nothing came of it";
  kept_->hold("site", can_wait_, now_ + seconds(2));
  ASSERT_TRUE(install(child_sa(5)));
  kept_->carried_by(*sad_->find(ChildSaId{5}), "site/net", now_ + seconds(2));
  EXPECT_EQ(outbound_spi().value, 0x2005U);
  EXPECT_FALSE(kept_->held_until());
  kept_->carry_again(now_ + seconds(9));
  EXPECT_EQ(outbound_spi().value, 0x2005U);
}

TEST_F(KernelKept, ItEndsWhenNothingReplacesItAndTheTrapTakesItsPlace) {
  forget_unfit();
  kept_->on_tick(now_ + KeptPairs::kMost - seconds(1));
  EXPECT_EQ(states().size(), 2U);
  kept_->on_tick(now_ + KeptPairs::kMost);
  EXPECT_TRUE(states().empty());
  EXPECT_EQ(outbound_spi().value, 0U);
  EXPECT_NE(told_.back().find("nothing has replaced them in time"), std::string::npos);
  EXPECT_TRUE(spd_->drift().empty());
}

TEST_F(KernelKept, WhatNoConfigurationWantsGoesWhenNoneIsWaitedForAnyMore) {
  kept_->compare_with(config::Snapshot{}, now_);
  EXPECT_EQ(states().size(), 2U);
  kept_->forget_unfit();
  EXPECT_TRUE(states().empty());
  EXPECT_NE(told_.back().find("no child is configured for its addresses"), std::string::npos);
}

TEST_F(KernelKept, WhatTheKernelLosesIsForgotten) {
  forget_unfit();
  kept_->lose(states().front().state.id);
  EXPECT_TRUE(kept_->empty());
  EXPECT_TRUE(states().empty());
}

TEST_F(KernelKept, K17_spis_that_are_in_use_are_known) {
  EXPECT_EQ(kept_->inbound_spis(), std::set<EspSpi>{EspSpi{0x1001}});
}

TEST_F(KernelKept, SasThatAreLeftEndByThemselves) {
  auto sa = child_sa(5);
  sa.life = seconds(3600);
  ASSERT_TRUE(install(std::move(sa)));
  sad_->leave();
  const auto all = states();
  for (const auto spi : {EspSpi{0x1005}, EspSpi{0x2005}}) {
    ASSERT_NE(find(all, spi), nullptr);
    EXPECT_EQ(find(all, spi)->state.limits.seconds, 3600U);
  }
}

}  // namespace
}  // namespace keypact::daemon
