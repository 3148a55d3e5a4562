// What Child SAs may be beside ESP in tunnel or transport mode: AH, IPComp before either, BEET mode. RFC 4302, RFC 3173, RFC 7296 §2.22.
#include <algorithm>

#include "tests/engine/nat_ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;

Proposal ah_sha256() {
  return {ProtocolId::AH,
          {integrity(IntegrityId::AUTH_HMAC_SHA2_256_128), sequence_numbers(SequenceNumbers::SEQUENTIAL_32_BIT)}};
}
Proposal esp_gcm() {
  return {ProtocolId::ESP,
          {encryption(EncryptionId::ENCR_AES_GCM_16, 128), sequence_numbers(SequenceNumbers::SEQUENTIAL_32_BIT)}};
}

class ChildProtection : public NatLadder {
 protected:
  void both(const std::function<void(SiteToSite&)>& change) {
    for (auto* site : {&left_site, &right_site}) change(*site);
  }
  std::optional<RefusalCode> bring_up_from(Node& node) {
    ask(node, ike::Initiate{ControlId{5}, "net", "lan", {}, {}});
    return outcome(node, ControlId{5});
  }
  static const ipsec::ChildSa& child(Node& node) { return node.stack.child_sas().rbegin()->second; }
  void expect_mirrored() {
    expect_mirrored_child_sas(1);
    EXPECT_EQ(child(left()).protocol, child(right()).protocol);
    EXPECT_EQ(child(left()).mode, child(right()).mode);
    ASSERT_EQ(child(left()).compression.has_value(), child(right()).compression.has_value());
    if (!child(left()).compression) return;
    EXPECT_EQ(child(left()).compression->inbound, child(right()).compression->outbound);
    EXPECT_EQ(child(left()).compression->outbound, child(right()).compression->inbound);
  }
};

TEST_F(ChildProtection, AhIsNegotiatedRekeyedAndDeletedUnderItsOwnProtocol) {
  both([](auto& site) { site.esp_proposals = {ah_sha256()}; });
  start();
  ASSERT_EQ(bring_up_from(left()), std::nullopt);
  expect_mirrored();
  EXPECT_EQ(child(left()).protocol, ProtocolId::AH);
  EXPECT_EQ(child(left()).inbound.integrity.size(), 32u);
  EXPECT_TRUE(child(left()).inbound.encryption.empty());
  const auto before = child(right()).inbound_spi;
  ask(right(), ike::RekeyChild{ControlId{6}, child(right()).id});
  run(minutes(1));
  expect_mirrored();
  EXPECT_NE(child(right()).inbound_spi, before);
  ask(left(), ike::TerminateChild{ControlId{7}, child(left()).id});
  EXPECT_EQ(child_sas(left()), 0u);
  EXPECT_EQ(child_sas(right()), 0u);
}

TEST_F(ChildProtection, OfBothProtocolsTheResponderTakesWhatItHas) {
  left_site.esp_proposals = {esp_gcm(), ah_sha256()};
  right_site.esp_proposals = {ah_sha256()};
  start();
  ASSERT_EQ(bring_up_from(left()), std::nullopt);
  expect_mirrored();
  EXPECT_EQ(child(left()).protocol, ProtocolId::AH);
}

TEST_F(ChildProtection, BehindANatAhIsNotAskedForAndTheReasonIsTold) {
  both([](auto& site) { site.esp_proposals = {ah_sha256()}; });
  put_left_behind_nat();
  start();
  EXPECT_EQ(bring_up_from(left()), RefusalCode::ah_impossible);
  EXPECT_EQ(child_sas(right()), 0u);
}

TEST_F(ChildProtection, BehindANatEspIsTakenWhereBothAreOffered) {
  both([](auto& site) { site.esp_proposals = {ah_sha256(), esp_gcm()}; });
  put_left_behind_nat();
  start();
  ASSERT_EQ(bring_up_from(left()), std::nullopt);
  EXPECT_EQ(child(left()).protocol, ProtocolId::ESP);
  EXPECT_EQ(child(right()).protocol, ProtocolId::ESP);
}

TEST_F(ChildProtection, EachEndNamesTheCpiThatItReceivesWith) {
  both([](auto& site) { site.compress = true; });
  start();
  mark_ladder();
  ASSERT_EQ(bring_up_from(left()), std::nullopt);
  expect_mirrored();
  ASSERT_TRUE(child(left()).compression);
  EXPECT_GE(child(left()).compression->inbound, kFirstNegotiatedCpi);
  EXPECT_LE(child(left()).compression->inbound, kLastNegotiatedCpi);
  EXPECT_NE(ladder_since_mark()[2].find("N(IPCOMP_SUPPORTED), SAi2"), std::string::npos) << ladder_since_mark()[2];
  EXPECT_NE(ladder_since_mark()[3].find("N(IPCOMP_SUPPORTED), SAr2"), std::string::npos) << ladder_since_mark()[3];
  const auto before = *child(left()).compression;
  ask(right(), ike::RekeyChild{ControlId{6}, child(right()).id});
  run(minutes(1));
  expect_mirrored();
  ASSERT_TRUE(child(left()).compression);
  EXPECT_NE(child(left()).compression->inbound, before.inbound);
  EXPECT_NE(child(left()).compression->outbound, before.outbound);
}

TEST_F(ChildProtection, WhatOneEndDoesNotCompressTheOtherDoesNotEither) {
  for (auto* site : {&left_site, &right_site}) {
    both([](auto& each) { each.compress = false; });
    site->compress = true;
    start();
    ASSERT_EQ(bring_up_from(left()), std::nullopt);
    expect_mirrored();
    EXPECT_FALSE(child(left()).compression);
  }
}

TEST_F(ChildProtection, WhatGoesIntoUdpIsNotCompressed) {
  both([](auto& site) { site.compress = true; });
  put_left_behind_nat();
  start();
  ASSERT_EQ(bring_up_from(left()), std::nullopt);
  EXPECT_FALSE(child(left()).compression);
  EXPECT_FALSE(child(right()).compression);
}

class BeetMode : public ChildProtection {
 protected:
  BeetMode() {
    both([](auto& site) {
      site.mode = Mode::beet;
      site.local_network = prefix_of(site.local_network.address, 32);
      site.remote_network = prefix_of(site.remote_network.address, 32);
    });
  }
};

TEST_F(BeetMode, IsAskedForAndGrantedAmongThoseWhoKnowItsNumber) {
  start();
  mark_ladder();
  ASSERT_EQ(bring_up_from(left()), std::nullopt);
  expect_mirrored();
  EXPECT_EQ(child(left()).mode, Mode::beet);
  EXPECT_NE(ladder_since_mark()[0].find(", V"), std::string::npos) << ladder_since_mark()[0];
  EXPECT_NE(ladder_since_mark()[1].find(", V"), std::string::npos) << ladder_since_mark()[1];
  ask(right(), ike::RekeyChild{ControlId{6}, child(right()).id});
  run(minutes(1));
  expect_mirrored();
  EXPECT_EQ(child(left()).mode, Mode::beet);
}

TEST_F(BeetMode, GoesOnAfterTheIkeSaWasRekeyed) {
  start();
  ASSERT_EQ(bring_up_from(left()), std::nullopt);
  ask(left(), ike::RekeyIke{ControlId{6}, established_id(left())}, seconds(30));
  ask(right(), ike::RekeyChild{ControlId{7}, child(right()).id});
  run(minutes(1));
  expect_mirrored();
  EXPECT_EQ(child(left()).mode, Mode::beet);
}

TEST_F(BeetMode, IsTunnelModeWhereThePeerHasNoWordForIt) {
  right_site.mode = Mode::tunnel;
  start();
  mark_ladder();
  ASSERT_EQ(bring_up_from(left()), std::nullopt);
  expect_mirrored();
  EXPECT_EQ(child(left()).mode, Mode::tunnel);
  EXPECT_EQ(ladder_since_mark()[1].find(", V"), std::string::npos) << ladder_since_mark()[1];
}

TEST_F(BeetMode, IsTunnelModeBetweenNetworks) {
  both([](auto& site) {
    site.local_network = prefix_of(site.local_network.address, 24);
    site.remote_network = prefix_of(site.remote_network.address, 24);
  });
  start();
  ASSERT_EQ(bring_up_from(left()), std::nullopt);
  expect_mirrored();
  EXPECT_EQ(child(left()).mode, Mode::tunnel);
}

}  // namespace
}  // namespace keypact::sim
