// SAs that only one end knows: what is said about them, inside an IKE SA and in clear, and how little comes of what comes in clear.
// RFC 7296 §1.5, §2.21.4.
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

class UnknownSpi : public Ladder {
 protected:
  void establish() {
    start();
    initiate();
    ASSERT_NE(established(left()), nullptr);
    mark_ladder();
  }
  void esp_at_right(std::uint32_t spi) {
    world.stack_event(right(), ipsec::UnknownSpi{{right_site.local, 0}, {left_site.local, 0}, EspSpi{spi}});
  }
  void in_clear(Node& to, const SiteToSite& at, const SiteToSite& from, wire::Header header, NotifyType type,
                Octets data = {}) {
    std::vector<wire::Payload> payloads = {ike::notify_payload(type, std::move(data))};
    world.inject(to, {{at.local, 500}, {from.local, 500}, wire::encode_message(header, payloads)});
    world.run_for(milliseconds(100));
  }
};

TEST_F(UnknownSpi, ThePeerIsToldInsideTheIkeSaAndMakesItsChildSaAnew) {
  establish();
  const auto lost = right().stack.child_sas().begin()->second.inbound_spi;
  esp_at_right(lost.value);
  world.run_for(seconds(20));
  EXPECT_EQ(ladder_since_mark()[0], "right  INFORMATIONAL request 0  HDR, SK {N(INVALID_SPI)}");
  EXPECT_EQ(ladder_since_mark()[1], "left  INFORMATIONAL response 0  HDR, SK {}");
  expect_mirrored_child_sas(1);
  EXPECT_NE(right().stack.child_sas().begin()->second.inbound_spi, lost);
}

TEST_F(UnknownSpi, J12_EspOfNobodysSaIsToldOnceInAWhileAndChangesNothing) {
  establish();
  for (std::uint32_t spi = 1000; spi < 1100; ++spi) esp_at_right(spi);
  world.run_for(seconds(2));
  EXPECT_EQ(right().engine.counters().invalid_spi_sent, 1u);
  EXPECT_EQ(ladder_since_mark().size(), 2u);
  expect_mirrored_child_sas(1);
}

TEST_F(UnknownSpi, WithoutAnIkeSaItIsSaidInClearToNobodysEffect) {
  start();
  esp_at_right(1000);
  world.run_for(seconds(2));
  EXPECT_EQ(world.ladder(), (std::vector<std::string>{"right  INFORMATIONAL request 0  HDR, N(INVALID_SPI)"}));
  EXPECT_TRUE(left().engine.ike_sas().empty());
}

TEST_F(UnknownSpi, APeerThatWasRestartedIsFoundOutByItsWordAndItsSilence) {
  left_site.dpd_delay = minutes(10);
  left_site.dpd_action = config::Action::start;
  establish();
  world.restart(right(), right_site.snapshot());
  esp_at_right(left().stack.child_sas().begin()->second.outbound_spi.value);
  world.run_for(milliseconds(100));
  EXPECT_EQ(ladder_since_mark(),
            (std::vector<std::string>{"right  INFORMATIONAL request 0  HDR, N(INVALID_SPI)",
                                      "left  INFORMATIONAL request 2  HDR, SK {}",
                                      "right  INFORMATIONAL response 2  HDR, N(INVALID_IKE_SPI)"}));
  world.run_for(seconds(9));
  EXPECT_NE(established(left()), nullptr) << "it is a hint only";
  world.run_for(seconds(14));
  expect_mirrored_child_sas(1);
}

TEST_F(UnknownSpi, AForgedDenialEndsNothingWhereThePeerAnswers) {
  establish();
  const auto& record = left().engine.ike_sas().begin()->second.record();
  auto denial = record.header(ExchangeType::INFORMATIONAL, 2, true);
  denial.initiator = false;
  // Somebody on the path is faster than the peer, every time, and half of what the peer says is lost.
  int answers = 0;
  world.set_judge([&](const InFlight& packet) {
    const auto header = wire::parse_header(packet.datagram.octets);
    return header->response && packet.datagram.octets.size() > 40 && ++answers % 2 == 1 ? Fate::drop : Fate::deliver;
  });
  world.control(left(), ike::RekeyChild{ControlId{9}, left().stack.child_sas().begin()->first});
  for (int second = 0; second < 20; ++second)
    in_clear(left(), left_site, right_site, denial, NotifyType::INVALID_IKE_SPI);
  world.run_for(minutes(5));
  EXPECT_EQ(established_ike_sas(left()), 1u);
  expect_mirrored_child_sas(1);
}

TEST_F(UnknownSpi, AnUnknownIkeSpiIsAnsweredInClearWithTheSameSpis) {
  establish();
  world.restart(right(), right_site.snapshot());
  world.control(left(), ike::RekeyIke{ControlId{9}, established_id(left()), false});
  world.run_for(milliseconds(300));
  EXPECT_EQ(ladder_since_mark()[1], "right  CREATE_CHILD_SA response 2  HDR, N(INVALID_IKE_SPI)");
  EXPECT_NE(established(left()), nullptr) << "it is a hint only";
  EXPECT_EQ(left().engine.counters().unprotected_errors, 1u);
}

TEST_F(UnknownSpi, AnswersInClearAreLimited) {
  start();
  const auto request = [](std::uint64_t spi) {
    wire::Header header;
    header.initiator_spi = IkeSpi{spi};
    header.responder_spi = IkeSpi{spi << 8};
    header.exchange = ExchangeType::INFORMATIONAL;
    header.initiator = true;
    return header;
  };
  // An SK payload of nobody.
  for (std::uint64_t spi = 1000; spi < 1200; ++spi) {
    auto octets = wire::encode_message(request(spi), {});
    octets[16] = 46;
    const Octets sk = {0, 0, 0, 36};
    octets.insert(octets.end(), sk.begin(), sk.end());
    octets.insert(octets.end(), 32, 7);
    octets[27] = static_cast<std::uint8_t>(octets.size());
    world.inject(right(), {{right_site.local, 500}, {left_site.local, 500}, std::move(octets)});
  }
  world.run_for(milliseconds(10));
  EXPECT_EQ(right().engine.counters().unknown_spi, 200u);
  EXPECT_EQ(right().engine.counters().invalid_ike_spi_sent, 20u);
}

TEST_F(UnknownSpi, AnInvalidIkeSpiInClearMakesUsAskAtMost) {
  establish();
  const auto& sa = left().engine.ike_sas().begin()->second;
  auto header = sa.record().header(ExchangeType::INFORMATIONAL, 7, true);
  header.initiator = false;
  for (int i = 0; i < 5; ++i) in_clear(left(), left_site, right_site, header, NotifyType::INVALID_IKE_SPI);
  EXPECT_EQ(ladder_since_mark(), (std::vector<std::string>{"left  INFORMATIONAL request 2  HDR, SK {}",
                                                           "right  INFORMATIONAL response 2  HDR, SK {}"}));
  expect_mirrored_child_sas(1);
}

TEST_F(UnknownSpi, AnInvalidSpiInClearMakesUsAskAtMostAndIsNotAnswered) {
  establish();
  wire::Header header;
  header.exchange = ExchangeType::INFORMATIONAL;
  header.initiator = true;
  for (int i = 0; i < 5; ++i)
    in_clear(left(), left_site, right_site, header, NotifyType::INVALID_SPI,
             spi_octets(left().stack.child_sas().begin()->second.outbound_spi));
  EXPECT_EQ(ladder_since_mark(), (std::vector<std::string>{"left  INFORMATIONAL request 2  HDR, SK {}",
                                                           "right  INFORMATIONAL response 2  HDR, SK {}"}));
  expect_mirrored_child_sas(1);
}

}  // namespace
}  // namespace keypact::sim
