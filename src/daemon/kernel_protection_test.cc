// What the kernel makes of AH, of IPComp and of BEET mode, read back. RFC 4302, RFC 3173.
#include "daemon/test_kernel.h"
#include "xfrm/algorithm.h"

namespace keypact::daemon {
namespace {

using xfrm::IpProtocol;

class KernelProtection : public KernelStack {
 protected:
  std::vector<const xfrm::StateReport*> of(const std::vector<xfrm::StateReport>& all, IpProtocol protocol) {
    std::vector<const xfrm::StateReport*> found;
    for (const auto& report : all)
      if (report.state.id.protocol == protocol) found.push_back(&report);
    return found;
  }
  static ipsec::ChildSa compressed(Mode mode) {
    auto sa = child_sa(1);
    sa.mode = mode;
    sa.compression = CpiPair{{0x1234}, {0x4321}};
    return sa;
  }
  bool ours(std::uint32_t reqid) { return spd_->is_ours(reqid); }
  void expect_no_drift() {
    EXPECT_TRUE(sad_->drift([&](std::uint32_t reqid) { return ours(reqid); }).empty());
    EXPECT_TRUE(spd_->drift().empty());
  }
};

TEST_F(KernelProtection, EveryIntegrityOfAhIsReadBackAsItWasGiven) {
  using enum IntegrityId;
  std::uint64_t number = 0;
  for (const auto id : {AUTH_HMAC_MD5_96, AUTH_HMAC_SHA1_96, AUTH_AES_XCBC_96, AUTH_AES_CMAC_96, AUTH_HMAC_SHA2_256_128,
                        AUTH_HMAC_SHA2_384_192, AUTH_HMAC_SHA2_512_256}) {
    for (const bool esn : {false, true}) {
      auto sa = child_sa(++number, {EncryptionId{}, 0, id});
      sa.protocol = ProtocolId::AH;
      sa.esn = esn;
      const auto inbound_spi = sa.inbound_spi;
      const auto done = install(std::move(sa));
      ASSERT_TRUE(done) << to_string(id) << ": " << done.error();
      const auto all = states();
      const auto* found = find(all, inbound_spi);
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(found->state.id.protocol, IpProtocol::ah);
      EXPECT_EQ(found->state.esn, esn);
      EXPECT_TRUE(found->encryption.empty());
      const auto name = xfrm::algorithm_name(id);
      EXPECT_EQ(found->integrity, name->name);
      EXPECT_EQ(found->icv_bits, name->icv_bits);
      EXPECT_TRUE(secret_equal(found->integrity_key.reveal(), keys_for({EncryptionId{}, 0, id}, 1).integrity.reveal()));
      for (const auto& policy : policies()) {
        ASSERT_TRUE(policy.content.protection);
        EXPECT_EQ(policy.content.protection->protocol, IpProtocol::ah);
      }
      expect_no_drift();
      spd_->detach(ChildSaId{number});
      EXPECT_TRUE(spd_->flush().empty());
      sad_->remove(ChildSaId{number});
      EXPECT_TRUE(states().empty());
    }
  }
}

TEST_F(KernelProtection, WhatIsCompressedHasItsModeThereAndIsProtectedBetweenTheTwoEnds) {
  for (const auto mode : {Mode::tunnel, Mode::transport}) {
    const auto done = install(compressed(mode));
    ASSERT_TRUE(done) << done.error();
    const auto all = states();
    const auto compressions = of(all, IpProtocol::comp);
    ASSERT_EQ(compressions.size(), 2u);
    for (const auto* report : compressions) {
      EXPECT_EQ(report->compression, "deflate");
      EXPECT_EQ(report->state.mode, mode);
      const bool inbound = report->state.id.destination == ip("192.0.2.1");
      EXPECT_EQ(report->state.id.spi.value, inbound ? 0x1234u : 0x4321u);
    }
    const auto protections = of(all, IpProtocol::esp);
    ASSERT_EQ(protections.size(), 2u);
    for (const auto* report : protections) EXPECT_EQ(report->state.mode, Mode::transport);
    for (const auto& policy : policies()) {
      ASSERT_TRUE(policy.content.protection && policy.content.compression);
      EXPECT_EQ(policy.content.protection->mode, Mode::transport);
      EXPECT_EQ(policy.content.compression->mode, mode);
      const bool out = policy.key.direction == xfrm::Direction::out;
      EXPECT_EQ(policy.content.compression->spi.value, out ? 0x4321u : 0u);
    }
    expect_no_drift();
    spd_->detach(ChildSaId{1});
    EXPECT_TRUE(spd_->flush().empty());
    sad_->remove(ChildSaId{1});
    EXPECT_TRUE(of(states(), IpProtocol::comp).empty());
    EXPECT_TRUE(of(states(), IpProtocol::esp).empty());
    EXPECT_TRUE(policies().empty());
  }
}

TEST_F(KernelProtection, I08_where_the_compression_is_refused_nothing_is_there) {
  xfrm::State taken;
  taken.id = {ip("192.0.2.2"), {0x4321}, {}, IpProtocol::comp};
  taken.source = ip("192.0.2.99");
  taken.mode = Mode::transport;
  ask(*xfrm::new_state(taken, {}));
  const auto done = install(compressed(Mode::transport));
  ASSERT_FALSE(done);
  EXPECT_EQ(states().size(), 1u) << "that of somebody else";
  EXPECT_TRUE(policies().empty());
}

TEST_F(KernelProtection, WhatIsCompressedMovesAsAWhole) {
  ASSERT_TRUE(install(compressed(Mode::tunnel)));
  const auto before = states().size();
  ASSERT_TRUE(move({ChildSaId{1}, {ip("192.0.2.1"), 4500}, {ip("192.0.2.77"), 4500}, false}));
  EXPECT_EQ(states().size(), before);
  for (const auto& report : states()) {
    if (report.state.id.protocol != IpProtocol::esp && report.state.id.protocol != IpProtocol::comp) continue;
    const bool inbound = report.state.id.destination == ip("192.0.2.1");
    EXPECT_EQ(inbound ? report.state.source : report.state.id.destination, ip("192.0.2.77"));
  }
  EXPECT_EQ(of(states(), IpProtocol::comp).size(), 2u);
  expect_no_drift();
}

TEST_F(KernelProtection, BeetModeHasItsInnerAddressesInTheSa) {
  auto sa = child_sa(1);
  sa.mode = Mode::beet;
  sa.local_selectors = {net("10.1.0.1", 32)};
  sa.remote_selectors = {net("10.2.0.1", 32)};
  const auto inbound_spi = sa.inbound_spi;
  const auto outbound_spi = sa.outbound_spi;
  const auto done = install(std::move(sa));
  ASSERT_TRUE(done) << done.error();
  const auto all = states();
  const auto* inbound = find(all, inbound_spi);
  const auto* outbound = find(all, outbound_spi);
  ASSERT_TRUE(inbound != nullptr && outbound != nullptr);
  EXPECT_EQ(inbound->state.mode, Mode::beet);
  const xfrm::Selector in{prefix_of(ip("10.2.0.1"), 32), prefix_of(ip("10.1.0.1"), 32)};
  EXPECT_EQ(inbound->state.selector, in);
  EXPECT_EQ(outbound->state.selector, (xfrm::Selector{in.destination, in.source}));
  for (const auto& policy : policies()) EXPECT_EQ(policy.content.protection->mode, Mode::beet);
  expect_no_drift();
}

}  // namespace
}  // namespace keypact::daemon
