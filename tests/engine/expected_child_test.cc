// As initiator: the IPsec stack accepts what the peer sends on the first Child SA before its answer is here. RFC 7296 §1.2, §2.17. That the
// keys are those of the SA that comes of it the simulated stack sees to.
#include "tests/engine/ladder.h"
#include "wire/message.h"

namespace keypact::sim {
namespace {

class ExpectedChild : public Ladder {
 protected:
  /// left's IKE_AUTH request is sent; this becomes of the answer.
  void begin_with(Fate fate) {
    start();
    world.set_judge([fate](const InFlight& packet) {
      const auto header = wire::parse_header(packet.datagram.octets);
      return header->response && header->exchange == ExchangeType::IKE_AUTH ? fate : Fate::deliver;
    });
    initiate();
  }
  void deliver() {
    world.set_judge({});
    world.release_held();
    world.run_for(seconds(1));
  }
  void expect_nothing_left() {
    EXPECT_TRUE(left().stack.expected().empty());
    EXPECT_EQ(left().engine.footprint().esp_spis, 0u);
    EXPECT_EQ(child_sas(left()), 0u);
    EXPECT_EQ(left().stack.complaint(), "");
  }
};

TEST_F(ExpectedChild, IsInTheStackBeforeTheAnswerIsHereAndIsTheOneThatComesOfIt) {
  begin_with(Fate::hold);
  ASSERT_EQ(left().stack.expected().size(), 1u);
  EXPECT_TRUE(right().stack.expected().empty());
  const auto& [id, expected] = *left().stack.expected().begin();
  ASSERT_EQ(child_sas(right()), 1u);
  const auto& theirs = right().stack.child_sas().begin()->second;
  EXPECT_EQ(expected.sa.inbound_spi, theirs.outbound_spi);
  EXPECT_EQ(expected.sa.local_selectors, theirs.remote_selectors);
  const auto& first = expected.choices.front();
  EXPECT_EQ(first.inbound.algorithms, theirs.outbound.algorithms);
  EXPECT_TRUE(secret_equal(key_of(first.inbound).reveal(), key_of(theirs.outbound).reveal()));
  const auto was = id;
  deliver();
  EXPECT_TRUE(left().stack.expected().empty());
  EXPECT_TRUE(left().stack.child_sas().contains(was));
  expect_mirrored_child_sas(1);
  EXPECT_EQ(left().stack.complaint(), "");
}

TEST_F(ExpectedChild, WhateverThePeerTakesOfTheOfferIsAmongTheChoices) {
  const Proposal gcm{ProtocolId::ESP,
                     {encryption(EncryptionId::ENCR_AES_GCM_16, 256), encryption(EncryptionId::ENCR_AES_GCM_16, 128)}};
  const Proposal cbc{ProtocolId::ESP,
                     {encryption(EncryptionId::ENCR_AES_CBC, 256), encryption(EncryptionId::ENCR_AES_CBC, 128),
                      integrity(IntegrityId::AUTH_HMAC_SHA2_512_256), integrity(IntegrityId::AUTH_HMAC_SHA2_256_128)}};
  left_site.esp_proposals = {gcm, cbc};
  right_site.esp_proposals = {
      {ProtocolId::ESP, {encryption(EncryptionId::ENCR_AES_CBC, 128), integrity(IntegrityId::AUTH_HMAC_SHA2_256_128)}}};
  begin_with(Fate::hold);
  ASSERT_EQ(left().stack.expected().size(), 1u);
  EXPECT_EQ(left().stack.expected().begin()->second.choices.size(), 6u);
  deliver();
  expect_mirrored_child_sas(1);
  EXPECT_EQ(left().stack.complaint(), "");
}

TEST_F(ExpectedChild, GoesWhenThePeerRefusesTheChildSa) {
  right_site.esp_proposals = {{ProtocolId::ESP, {encryption(EncryptionId::ENCR_CHACHA20_POLY1305)}}};
  left_site.esp_proposals = {{ProtocolId::ESP, {encryption(EncryptionId::ENCR_AES_GCM_16, 256)}}};
  begin_with(Fate::hold);
  EXPECT_EQ(left().stack.expected().size(), 1u);
  deliver();
  expect_nothing_left();
  EXPECT_EQ(established_ike_sas(left()), 1u);
}

TEST_F(ExpectedChild, GoesWhenThePeerRefusesUs) {
  right_site.secret = "another one";
  begin_with(Fate::hold);
  EXPECT_EQ(left().stack.expected().size(), 1u);
  deliver();
  expect_nothing_left();
  EXPECT_TRUE(left().engine.ike_sas().empty());
}

TEST_F(ExpectedChild, GoesWhenThePeerStaysSilent) {
  begin_with(Fate::drop);
  EXPECT_EQ(left().stack.expected().size(), 1u);
  world.run_for(minutes(20));
  expect_nothing_left();
}

TEST_F(ExpectedChild, GoesWhenTheAttemptIsEndedAtOnce) {
  begin_with(Fate::drop);
  world.control(left(), ike::TerminateIke{ControlId{9}, left().engine.ike_sas().begin()->first, true});
  expect_nothing_left();
}

TEST_F(ExpectedChild, GoesWhenTheStackRefusesTheChildSa) {
  begin_with(Fate::hold);
  left().stack.refuse_installs(1);
  deliver();
  expect_nothing_left();
}

TEST_F(ExpectedChild, IsNotExpectedWhereItMayBeCompressed) {
  left_site.compress = right_site.compress = true;
  begin_with(Fate::hold);
  EXPECT_TRUE(left().stack.expected().empty());
  deliver();
  expect_mirrored_child_sas(1);
}

}  // namespace
}  // namespace keypact::sim
