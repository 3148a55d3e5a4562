// What the IPsec stack is told of a Child SA that we propose, before the answer is here. RFC 7296 §1.2, §1.3.1, §2.4. That what comes of an
// offer was expected, once, the simulated stack sees to.
#include "tests/engine/ladder.h"
#include "wire/message.h"

namespace keypact::sim {
namespace {

class ExpectedChild : public Ladder {
 protected:
  /// This becomes of the answers of this exchange.
  void judge(ExchangeType exchange, Fate fate) {
    world.set_judge([exchange, fate](const InFlight& packet) {
      const auto header = wire::parse_header(packet.datagram.octets);
      return header->response && header->exchange == exchange ? fate : Fate::deliver;
    });
  }
  /// left's IKE_AUTH request is sent; this becomes of the answer.
  void begin_with(Fate fate) {
    start();
    judge(ExchangeType::IKE_AUTH, fate);
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
  const ipsec::ExpectChildSa& only_offer() {
    EXPECT_EQ(left().stack.expected().size(), 1u);
    return left().stack.expected().begin()->second;
  }
};

TEST_F(ExpectedChild, IsToldOfTheSpiAndThePathBeforeTheAnswerIsHereAndOfNoKeyBeforeThePeerIsAuthenticated) {
  begin_with(Fate::hold);
  EXPECT_TRUE(right().stack.expected().empty());
  ASSERT_EQ(child_sas(right()), 1u);
  const auto& theirs = right().stack.child_sas().begin()->second;
  EXPECT_EQ(only_offer().inbound_spi, theirs.outbound_spi);
  EXPECT_EQ(only_offer().protocols, std::vector{ProtocolId::ESP});
  EXPECT_EQ(only_offer().local, theirs.remote);
  EXPECT_EQ(only_offer().remote, theirs.local);
  EXPECT_EQ(child_sas(left()), 0u);
  deliver();
  EXPECT_TRUE(left().stack.expected().empty());
  expect_mirrored_child_sas(1);
  EXPECT_EQ(left().stack.complaint(), "");
}

TEST_F(ExpectedChild, IsToldOfEachProtocolOnce) {
  const Proposal gcm{ProtocolId::ESP, {encryption(EncryptionId::ENCR_AES_GCM_16, 256)}};
  const Proposal chacha{ProtocolId::ESP, {encryption(EncryptionId::ENCR_CHACHA20_POLY1305)}};
  const Proposal headers{ProtocolId::AH, {integrity(IntegrityId::AUTH_HMAC_SHA2_256_128)}};
  left_site.esp_proposals = {gcm, headers, chacha};
  right_site.esp_proposals = {chacha};
  begin_with(Fate::hold);
  EXPECT_EQ(only_offer().protocols, (std::vector{ProtocolId::ESP, ProtocolId::AH}));
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

TEST_F(ExpectedChild, IsToldAlsoOfOneThatTakesThePlaceOfAnother) {
  start();
  initiate();
  EXPECT_TRUE(left().stack.expected().empty());
  judge(ExchangeType::CREATE_CHILD_SA, Fate::hold);
  world.control(left(), ike::RekeyChild{ControlId{9}, left().stack.child_sas().begin()->first});
  world.run_for(seconds(1));
  ASSERT_EQ(child_sas(right()), 2u);
  EXPECT_EQ(only_offer().inbound_spi, right().stack.child_sas().rbegin()->second.outbound_spi);
  deliver();
  EXPECT_TRUE(left().stack.expected().empty());
  EXPECT_EQ(left().stack.complaint(), "");
}

TEST_F(ExpectedChild, GoesWithTheIkeSaOverIt) {
  start();
  initiate();
  judge(ExchangeType::CREATE_CHILD_SA, Fate::drop);
  world.control(left(), ike::RekeyChild{ControlId{9}, left().stack.child_sas().begin()->first});
  world.run_for(seconds(1));
  EXPECT_EQ(left().stack.expected().size(), 1u);
  world.control(left(), ike::TerminateIke{ControlId{10}, established_id(left()), true});
  expect_nothing_left();
}

TEST_F(ExpectedChild, WhatAnEarlierRunLeftWaitsWhileThePeerIsToldThatWeHoldNothing) {
  right_site.secret = "another one";
  begin_with(Fate::hold);
  EXPECT_EQ(left().stack.held_earlier(), std::set<std::string>{"net"});
  deliver();
  EXPECT_TRUE(left().stack.held_earlier().empty()) << "it goes on, because nothing came of that";
}

TEST_F(ExpectedChild, WhatAnEarlierRunLeftGoesOnWhereThePeerIsToldNothing) {
  left_site.unique = config::UniquePolicy::never;
  begin_with(Fate::hold);
  EXPECT_TRUE(left().stack.held_earlier().empty());
}

}  // namespace
}  // namespace keypact::sim
