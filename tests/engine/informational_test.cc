// Liveness, INITIAL_CONTACT, windows and hostile messages between two engines. RFC 7296 §2.1 to §2.4, §2.21.
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;

class Informational : public Ladder {
 protected:
  void establish() {
    start();
    initiate();
    ASSERT_FALSE(refusal(left()).has_value());
  }
};

TEST_F(Informational, LivenessIsAskedForAfterSilence) {
  left_site.dpd_delay = seconds(10);
  establish();
  world.run_for(seconds(25));
  EXPECT_EQ(world.ladder()[4], "left  INFORMATIONAL request 2  HDR, SK {}");
  EXPECT_EQ(world.ladder()[5], "right  INFORMATIONAL response 2  HDR, SK {}");
  EXPECT_EQ(world.ladder().size(), 8u);
  EXPECT_NE(established(left()), nullptr);
}

TEST_F(Informational, S41_ASilentPeerIsFoundAndItsSasGo) {
  left_site.dpd_delay = seconds(10);
  establish();
  world.set_judge([](const InFlight&) { return Fate::drop; });
  world.run_for(minutes(10));
  EXPECT_EQ(left().last<ike::IkeSaClosed>()->reason.code, RefusalCode::no_answer);
  EXPECT_EQ(child_sas(left()), 0u);
  EXPECT_EQ(left().stack.policies().size(), 1u) << "H19: traffic must not leave in clear";
}

TEST_F(Informational, H11_InitialContactClearsTheOldSaOfTheSamePeerOnly) {
  establish();
  // The left side forgets everything, and comes back.
  world.control(left(), ike::TerminateIke{ControlId{3}, established_id(left()), true});
  EXPECT_EQ(right().engine.ike_sas().size(), 1u);
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  world.run_for(minutes(1));
  EXPECT_EQ(right().engine.ike_sas().size(), 1u);
  expect_mirrored_child_sas(1);
}

TEST_F(Informational, H13_AnOldRequestIsAnsweredFromTheCacheOnly) {
  establish();
  std::vector<Octets> from_left;
  world.set_judge([&](const InFlight& packet) {
    if (packet.from.name == "left") from_left.push_back(packet.datagram.octets);
    return Fate::deliver;
  });
  world.control(left(), ike::TerminateChild{ControlId{3}, left().stack.child_sas().begin()->first});
  world.run_for(seconds(1));
  ASSERT_EQ(from_left.size(), 1u);
  const auto before = world.ladder().size();
  to_right(from_left.front());
  EXPECT_EQ(right().engine.counters().retransmissions_answered, 1u);
  EXPECT_EQ(world.ladder().size(), before + 1);
}

TEST_F(Informational, C05_MessageIdsOutsideTheWindowAreDropped) {
  establish();
  for (const std::uint32_t id : {0u, 1u, 3u, 4u, 1000u, 0x7fffffffu, 0xfffffffeu, 0xffffffffu})
    to_right(sealed_by_left(ExchangeType::INFORMATIONAL, id, {}));
  EXPECT_EQ(right().engine.counters().out_of_window, 8u);
  EXPECT_NE(established(right()), nullptr);
}

TEST_F(Informational, A05_AContractThatIsBrokenIsAnsweredWithInvalidSyntax) {
  establish();
  const wire::Payload nonce = wire::NoncePayload{Octets(32, 7)};
  to_right(sealed_by_left(ExchangeType::CREATE_CHILD_SA, 2, {nonce}));
  EXPECT_EQ(world.ladder().back(), "right  CREATE_CHILD_SA response 2  HDR, SK {N(INVALID_SYNTAX)}");
  EXPECT_EQ(established(right()), nullptr) << "RFC 7296 2.21.3: fatal to both";
  EXPECT_EQ(child_sas(right()), 0u);
}

TEST_F(Informational, A32_AnUnknownCriticalPayloadEndsTheExchangeOnly) {
  establish();
  for (const std::uint8_t type : {std::uint8_t{1}, std::uint8_t{32}, std::uint8_t{128}, std::uint8_t{255}}) {
    wire::Payload unknown = wire::UnknownPayload{static_cast<PayloadType>(type), {1, 2, 3}};
    const auto id = static_cast<std::uint32_t>(
        right().engine.ike_sas().begin()->second.established()->last_response().expected_id());
    to_right(sealed_by_left(ExchangeType::INFORMATIONAL, id, {unknown}));
    EXPECT_EQ(world.ladder().back(), "right  INFORMATIONAL response " + std::to_string(id) + "  HDR, SK {}");
    unknown.critical = true;
    to_right(sealed_by_left(ExchangeType::INFORMATIONAL, id + 1, {unknown}));
    EXPECT_EQ(world.ladder().back(), "right  INFORMATIONAL response " + std::to_string(id + 1) +
                                         "  HDR, SK {N(UNSUPPORTED_CRITICAL_PAYLOAD)}");
    ASSERT_NE(established(right()), nullptr);
  }
}

TEST_F(Informational, A13_ARekeyNotifyWithNonsenseIsAnswered) {
  establish();
  std::uint32_t id = 2;
  for (const unsigned protocol : {0u, 1u, 4u, 255u}) {
    for (const std::size_t spi_octets : {0u, 1u, 4u, 8u, 255u}) {
      const wire::NotifyPayload rekey{
          static_cast<ProtocolId>(protocol), Octets(spi_octets, 1), NotifyType::REKEY_SA, {}};
      std::vector<wire::Payload> payloads = {
          rekey,
          wire::SaPayload{{wire::ProposalSubstructure::of(1, left_site.connection()->children[0].esp_proposals[0],
                                                          Octets{1, 2, 3, 4})}},
          wire::NoncePayload{Octets(32, 7)},
          wire::TsPayload::of(PayloadType::TSi, {TrafficSelector::of(left_site.local_network)}),
          wire::TsPayload::of(PayloadType::TSr, {TrafficSelector::of(left_site.remote_network)})};
      to_right(sealed_by_left(ExchangeType::CREATE_CHILD_SA, id, payloads));
      EXPECT_TRUE(world.ladder().back().ends_with("HDR, SK {N(INVALID_SYNTAX)}") ||
                  world.ladder().back().ends_with("HDR, SK {N(CHILD_SA_NOT_FOUND)}"))
          << world.ladder().back();
      if (established(right()) == nullptr) return;
      ++id;
    }
  }
  expect_mirrored_child_sas(1);
}

TEST_F(Informational, A16_DeletesInAnyOrderAndNumberAreHandledOnce) {
  establish();
  const auto spi = left().stack.child_sas().begin()->second.inbound_spi;
  const wire::DeletePayload child{ProtocolId::ESP, {spi, spi}};
  const wire::DeletePayload unknown{ProtocolId::ESP, {EspSpi{0}, EspSpi{1}, EspSpi{0xffffffff}}};
  const wire::DeletePayload ike{ProtocolId::IKE, {}};
  to_right(sealed_by_left(ExchangeType::INFORMATIONAL, 2, {unknown, child, child}));
  EXPECT_EQ(child_sas(right()), 0u);
  ASSERT_NE(established(right()), nullptr);
  to_right(sealed_by_left(ExchangeType::INFORMATIONAL, 3,
                          {ike, child, ike, ike::notify_payload(NotifyType::INITIAL_CONTACT)}));
  EXPECT_EQ(established(right()), nullptr);
  EXPECT_EQ(world.ladder().back(), "right  INFORMATIONAL response 3  HDR, SK {}");
}

TEST_F(Informational, E14_EveryExchangeThatIsNotDueChangesNothing) {
  start();
  world.set_judge([](const InFlight& packet) { return packet.number > 2 ? Fate::drop : Fate::deliver; });
  world.control(left(), ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
  world.run_for(milliseconds(100));
  const auto spi_i = left().engine.ike_sas().begin()->second.record().initiator_spi;
  const auto spi_r = right().engine.ike_sas().begin()->second.record().responder_spi;
  for (int exchange = 0; exchange < 256; ++exchange) {
    for (const bool response : {false, true}) {
      wire::Header header;
      header.initiator_spi = spi_i;
      header.responder_spi = spi_r;
      header.exchange = static_cast<ExchangeType>(exchange);
      header.initiator = true;
      header.response = response;
      header.message_id = 1;
      auto octets = wire::encode_encrypted_prefix(header, PayloadType::D, 40);
      octets.resize(octets.size() + 40, 1);
      if (header.exchange != ExchangeType::IKE_AUTH || response)
        world.inject(right(), {{right_site.local, 500}, {left_site.local, 500}, std::move(octets)});
    }
  }
  EXPECT_EQ(right().engine.ike_sas().size(), 1u) << "the half-open IKE SA still waits";
  EXPECT_EQ(right().engine.counters().sent, 1u) << "and nothing was answered";
  world.set_judge({});
  world.run_for(seconds(5));
  EXPECT_FALSE(refusal(left()).has_value());
}

TEST_F(Informational, C04_JunkForAHalfOpenSaEndsIt) {
  start();
  world.set_judge([](const InFlight& packet) { return packet.number > 2 ? Fate::drop : Fate::deliver; });
  world.control(left(), ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
  world.run_for(milliseconds(100));
  auto header = right().engine.ike_sas().begin()->second.record().header(ExchangeType::IKE_AUTH, 1, false);
  header.initiator = true;
  auto octets = wire::encode_encrypted_prefix(header, PayloadType::IDi, 64);
  octets.resize(octets.size() + 64, 1);
  for (int i = 0; i < 20; ++i) to_right(octets);
  EXPECT_EQ(right().engine.counters().not_authentic, 5u);
  EXPECT_EQ(right().engine.ike_sas().size(), 0u);
}

TEST_F(Informational, A04_DatagramsShorterThanAHeaderAreCounted) {
  start();
  for (std::size_t octets = 0; octets < 28; ++octets) to_right(Octets(octets, 0x2e));
  EXPECT_EQ(right().engine.counters().unparsable, 28u);
  EXPECT_EQ(right().engine.counters().sent, 0u);
}

TEST_F(Informational, H03_AHigherMajorVersionIsToldOurs) {
  start();
  wire::Header header;
  header.initiator_spi = {1};
  header.exchange = ExchangeType::IKE_SA_INIT;
  header.initiator = true;
  header.major_version = 3;
  to_right(wire::encode_message(header, {wire::NoncePayload{Octets(32, 1)}}));
  EXPECT_EQ(world.ladder().back(), "right  IKE_SA_INIT response 0  HDR, N(INVALID_MAJOR_VERSION)");
  header.major_version = 1;
  to_right(wire::encode_message(header, {wire::NoncePayload{Octets(32, 1)}}));
  EXPECT_EQ(right().engine.counters().sent, 1u);
}

// RFC 7296 §2.21.2: the initiator does not accept our answer to IKE_AUTH; charon says so without a Delete payload.
TEST_F(Informational, AnErrorRightBehindIkeAuthEndsTheIkeSa) {
  start();
  initiate();
  expect_mirrored_child_sas(1);
  to_right(sealed_by_left(ExchangeType::INFORMATIONAL, 2, {ike::notify_payload(NotifyType::AUTHENTICATION_FAILED)}));
  EXPECT_EQ(child_sas(right()), 0u);
  EXPECT_EQ(established_ike_sas(right()), 0u);
  const auto* closed = right().last<ike::IkeSaClosed>();
  ASSERT_NE(closed, nullptr);
  EXPECT_EQ(closed->reason.code, ike::RefusalCode::authentication_failed);
  EXPECT_TRUE(closed->reason.by_peer);
}

TEST_F(Informational, TheSameErrorLaterEndsNothing) {
  start();
  initiate();
  to_right(sealed_by_left(ExchangeType::INFORMATIONAL, 2, {}));
  to_right(sealed_by_left(ExchangeType::INFORMATIONAL, 3, {ike::notify_payload(NotifyType::AUTHENTICATION_FAILED)}));
  EXPECT_EQ(child_sas(right()), 1u);
  EXPECT_EQ(established_ike_sas(right()), 1u);
}

}  // namespace
}  // namespace keypact::sim
