// A Child SA on which the peer may send before all of it is known. Needs a kernel with ESP: see test_kernel.h.
#include <linux/xfrm.h>

#include "daemon/test_kernel.h"

namespace keypact::daemon {
namespace {

constexpr PacketAlgorithms kCbc{EncryptionId::ENCR_AES_CBC, 128, IntegrityId::AUTH_HMAC_SHA2_256_128};

ipsec::ChildSa offered(std::uint64_t id) {
  auto sa = child_sa(id);
  sa.outbound_spi = {};
  sa.outbound = {};
  return sa;
}

class KernelExpected : public KernelStack {
 protected:
  void SetUp() override {
    KernelStack::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(expect(offered(1)));
    constexpr std::array kSas = {3U};  // XFRMNLGRP_SA
    auto listener = io::XfrmListener::open(kSas);
    ASSERT_TRUE(listener);
    listener_ = std::make_unique<io::XfrmListener>(std::move(*listener));
  }
  Result<void, std::string> expect(ipsec::ChildSa sa) {
    const auto id = sa.id;
    const auto reqid = spd_->reqid_for(sa);
    TRY_VOID(sad_->expect(std::move(sa), reqid));
    return spd_->expect(*sad_->expected(id));
  }
  /// What has become of SAs since.
  std::vector<std::uint16_t> told() {
    std::vector<std::uint16_t> types;
    EXPECT_TRUE(listener_->receive([&](OctetView octets) {
      while (const auto message = xfrm::MessageView::take(octets)) types.push_back(message->type());
    }));
    return types;
  }
  std::vector<std::string> drift() {
    return sad_->drift([&](std::uint32_t reqid) { return spd_->is_ours(reqid); });
  }
  std::unique_ptr<io::XfrmListener> listener_;
};

TEST_F(KernelExpected, MaySendAndGetsNothing) {
  const auto all = states();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].state.id.spi.value, 0x1001U);
  EXPECT_TRUE(secret_equal(all[0].encryption_key.reveal(), child_sa(1).inbound.encryption.reveal()));
  const auto there = policies();
  EXPECT_EQ(there.size(), 2U);
  for (const auto& report : there) {
    EXPECT_NE(report.key.direction, xfrm::Direction::out);
    ASSERT_TRUE(report.content.protection);
    EXPECT_EQ(report.content.protection->reqid, all[0].state.reqid);
  }
  EXPECT_TRUE(drift().empty());
  EXPECT_TRUE(spd_->drift().empty());
}

TEST_F(KernelExpected, GoesOnAsTheChildSaThatItBecomes) {
  EXPECT_TRUE(spd_->is_as_expected(child_sa(1)));
  auto sa = child_sa(1);
  sa.soft.packets = 1000;
  ASSERT_TRUE(install(std::move(sa)));
  EXPECT_EQ(sad_->expected(ChildSaId{1}), nullptr);
  EXPECT_EQ(told(), (std::vector<std::uint16_t>{XFRM_MSG_UPDSA, XFRM_MSG_NEWSA}));
  const auto all = states();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(find(all, {0x1001})->state.limits.soft.packets, 1000U);
  EXPECT_EQ(policies().size(), 3U);
  EXPECT_TRUE(drift().empty());
  sad_->remove(ChildSaId{1});
  EXPECT_TRUE(states().empty());
}

TEST_F(KernelExpected, IsReplacedWhereThePeerHasTakenOtherAlgorithms) {
  ASSERT_TRUE(install(child_sa(1, kCbc)));
  EXPECT_EQ(told(), (std::vector<std::uint16_t>{XFRM_MSG_DELSA, XFRM_MSG_NEWSA, XFRM_MSG_NEWSA}));
  const auto all = states();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(find(all, {0x1001})->integrity, "hmac(sha256)");
  EXPECT_TRUE(drift().empty());
}

TEST_F(KernelExpected, HasAnotherReqidWhereThePeerHasNarrowedTheSelectors) {
  const auto before = states().front().state.reqid;
  auto sa = child_sa(1);
  sa.remote_selectors = {net("10.2.0.0", 25)};
  EXPECT_FALSE(spd_->is_as_expected(sa));
  spd_->detach(ChildSaId{1});
  ASSERT_TRUE(install(std::move(sa)));
  const auto all = states();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_NE(all[0].state.reqid, before);
  EXPECT_EQ(policies().size(), 3U);
  EXPECT_TRUE(spd_->flush().empty());
  EXPECT_TRUE(drift().empty());
  EXPECT_TRUE(spd_->drift().empty());
}

TEST_F(KernelExpected, GoesWhenNothingComesOfIt) {
  spd_->detach(ChildSaId{1});
  sad_->remove(ChildSaId{1});
  EXPECT_TRUE(spd_->flush().empty());
  EXPECT_TRUE(states().empty());
  EXPECT_TRUE(policies().empty());
}

TEST_F(KernelExpected, GoesWhenWhatItBecomesIsRefused) {
  auto sa = child_sa(1);
  sa.outbound_spi = {255};
  EXPECT_FALSE(install(std::move(sa)));
  EXPECT_TRUE(states().empty());
}

TEST_F(KernelExpected, ItsSuccessorMayTakeWhatTheLastOneHad) {
  EXPECT_EQ(sad_->last_of(PolicyId{1}), nullptr);
  ASSERT_TRUE(install(child_sa(1)));
  ASSERT_TRUE(install(child_sa(2)));
  EXPECT_EQ(sad_->last_of(PolicyId{1}), sad_->find(ChildSaId{2}));
  sad_->remove(ChildSaId{1});
  EXPECT_NE(sad_->last_of(PolicyId{1}), nullptr);
  sad_->remove(ChildSaId{2});
  EXPECT_EQ(sad_->last_of(PolicyId{1}), nullptr);
}

TEST_F(KernelExpected, EndsByItselfWhereItIsLeft) {
  sad_->remove(ChildSaId{1});
  auto sa = offered(3);
  sa.life = seconds(3600);
  ASSERT_TRUE(expect(std::move(sa)));
  sad_->leave();
  EXPECT_EQ(states().front().state.limits.seconds, 3600U);
}

}  // namespace
}  // namespace keypact::daemon
