// What floods, junk, reflections and messages at the wrong moment can and cannot do to an engine: rows C02 to C14, E13, H02 to H15.
// RFC 7296 §2.6, §2.21; the cookies themselves are in cookie_test.cc.
#include <algorithm>

#include "base/limits.h"
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;

class Floods : public Ladder {
 protected:
  /// An open configuration at the right: it takes initiators from any address.
  void start_open() {
    auto connection = std::make_shared<config::Connection>(*right_site.connection());
    connection->remote_addrs = {config::AddressPattern{}};
    auto snapshot = std::make_shared<config::Snapshot>(*right_site.snapshot());
    snapshot->connections = {connection};
    world.add("left", left_site.local, left_site.snapshot());
    world.add("right", right_site.local, snapshot);
  }
  /// The first IKE_SA_INIT request of the left side, which does not arrive.
  wire::Message captured_request() {
    world.set_judge([&](const InFlight& packet) {
      if (captured_.empty()) captured_ = packet.datagram.octets;
      return Fate::drop;
    });
    world.control(left(), ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
    world.run_for(milliseconds(10));
    world.set_judge({});
    return *wire::parse_message(captured_);
  }
  void send_from(const IpAddress& source, std::uint64_t spi, const wire::Message& request) {
    auto header = request.header;
    header.initiator_spi = {spi};
    to_right(source, wire::encode_message(header, request.clear.payloads));
  }
  void to_right(const IpAddress& source, Octets octets) {
    world.inject(right(), {{right_site.local, 500}, {source, 500}, std::move(octets)});
  }
  void to_left(Octets octets) {
    world.inject(left(), {{left_site.local, 500}, {right_site.local, 500}, std::move(octets)});
  }
  /// In different networks, each time another.
  IpAddress another_source() { return IpAddress::v4(0x0b000001 + (sources_++ << 10)); }
  void establish() {
    start();
    initiate();
    ASSERT_NE(established(right()), nullptr);
  }
  static wire::Header reply_to(const wire::Header& request) {
    auto header = request;
    header.initiator = false;
    header.response = true;
    return header;
  }

 private:
  Octets captured_;
  std::uint32_t sources_ = 0;
};

TEST_F(Floods, C02_ASpoofedRequestIsAnsweredOnceAndNeverWithMoreThanItHas) {
  start_open();
  const auto request = captured_request();
  std::size_t sent = 0;
  std::size_t octets_out = 0;
  world.set_judge([&](const InFlight& packet) {
    if (packet.from.name == "right") ++sent, octets_out += packet.datagram.octets.size();
    return Fate::drop;
  });
  send_from(another_source(), 0x99, request);
  world.run_for(minutes(5));
  EXPECT_EQ(sent, 1u);
  EXPECT_LE(octets_out, wire::encode_message(request.header, request.clear.payloads).size());
  EXPECT_EQ(right().engine.ike_sas().size(), 0u);
}

TEST_F(Floods, C02_NoErrorInClearIsLongerThanWhatItAnswers) {
  start_open();
  std::size_t octets_out = 0;
  world.set_judge([&](const InFlight& packet) {
    octets_out += packet.from.name == "right" ? packet.datagram.octets.size() : 0;
    return Fate::drop;
  });
  for (const std::uint8_t version : {std::uint8_t{2}, std::uint8_t{3}, std::uint8_t{15}}) {
    for (const std::size_t more : {0u, 1u, 7u, 8u, 9u, 40u}) {
      wire::Header header;
      header.initiator_spi = {7};
      header.exchange = ExchangeType::IKE_SA_INIT;
      header.initiator = true;
      header.major_version = version;
      std::vector<wire::Payload> payloads;
      if (more > 4) payloads.emplace_back(wire::VendorIdPayload{Octets(more - 4, 1)});
      const auto request = wire::encode_message(header, payloads);
      octets_out = 0;
      to_right(another_source(), request);
      world.run_for(seconds(1));
      EXPECT_LE(octets_out, request.size());
    }
  }
}

TEST_F(Floods, C03_WhatWasSaidToOneGatewayIsWorthNothingAtAnother) {
  start();
  auto third = right_site;
  third.local = IpAddress::v4(192, 0, 2, 3);
  auto& other = world.add("third", third.local, third.snapshot());
  std::vector<Octets> from_left;
  world.set_judge([&](const InFlight& packet) {
    if (packet.from.name == "left") from_left.push_back(packet.datagram.octets);
    return Fate::deliver;
  });
  initiate();
  ASSERT_GE(from_left.size(), 2u);
  for (int i = 0; i < 20; ++i)
    for (const auto& octets : from_left) world.inject(other, {{third.local, 500}, {left_site.local, 500}, octets});
  world.run_for(minutes(1));
  EXPECT_EQ(other.engine.ike_sas().size(), 0u);
  EXPECT_EQ(other.engine.footprint(), ike::Footprint{});
}

TEST_F(Floods, C03_AnInitiatorTakesNoOtherIdentityThanTheOneItWants) {
  right_site.local_id = "mallory.example.org";
  left_site.secret = right_site.secret = "a key that all of us have";
  auto snapshot = std::make_shared<config::Snapshot>(*right_site.snapshot());
  auto key = std::make_shared<config::SharedKey>();
  key->secret = Secret::copy_of(as_octets(right_site.secret));
  snapshot->ike_secrets = {key};
  world.add("left", left_site.local, left_site.snapshot());
  world.add("right", right_site.local, snapshot);
  initiate("lan", minutes(5));
  EXPECT_TRUE(refusal(left()).has_value());
  EXPECT_EQ(established(left()), nullptr);
  EXPECT_EQ(child_sas(left()), 0u);
}

TEST_F(Floods, C06_RekeyingWithoutEndIsPutOff) {
  establish();
  for (int i = 0; i < 400; ++i) {
    if (const auto id = established_id(left()); id && i % 4 == 0)
      world.control(left(), ike::RekeyIke{ControlId{5000u + static_cast<unsigned>(i)}, id});
    if (child_sas(left()) > 0)
      world.control(left(), ike::RekeyChild{ControlId{9000u + static_cast<unsigned>(i)},
                                            left().stack.child_sas().rbegin()->first});
    world.run_for(milliseconds(20));
  }
  EXPECT_GT(right().engine.counters().create_child_deferred, 0u);
  std::size_t answered = 0;
  for (const auto& line : world.ladder())
    answered +=
        line.starts_with("right  CREATE_CHILD_SA response") && line.find("TEMPORARY_FAILURE") == std::string::npos;
  EXPECT_LE(answered, 20u + 8u * 10u + 1u) << "ten a second beside the first twenty, over eight seconds";
  world.run_for(minutes(5));
  EXPECT_EQ(right().engine.ike_sas().size(), 1u);
  expect_mirrored_child_sas(1);
}

TEST_F(Floods, C10_ProposalsThatNobodyTakesLeaveNothingBehind) {
  left_site.ike_proposals = {{ProtocolId::IKE,
                              {encryption(EncryptionId::ENCR_AES_CBC, 128), integrity(IntegrityId::AUTH_HMAC_SHA1_96),
                               prf(PrfId::PRF_HMAC_SHA1), key_exchange(KeyExchangeMethod::MODP_1024)}}};
  start_open();
  const auto request = captured_request();
  for (std::uint64_t i = 0; i < 5000; ++i) {
    send_from(another_source(), 0x5000 + i, request);
    if (i % 50 == 0) world.run_for(seconds(1));
  }
  EXPECT_EQ(right().engine.footprint(), ike::Footprint{});
}

TEST_F(Floods, C14_ForgedAnswersDoNotEndAnAttempt) {
  start();
  const auto request = captured_request();
  world.set_judge([](const InFlight&) { return Fate::drop; });
  for (const auto type : {NotifyType::COOKIE, NotifyType::INVALID_KE_PAYLOAD, NotifyType::NO_PROPOSAL_CHOSEN}) {
    for (unsigned i = 0; i < 1000; ++i) {
      const Octets data =
          type == NotifyType::INVALID_KE_PAYLOAD ? Octets{0, 19} : Octets(8, static_cast<std::uint8_t>(i));
      to_left(wire::encode_message(reply_to(request.header), {ike::notify_payload(type, data)}));
    }
  }
  EXPECT_EQ(left().last<ike::RequestDone>(), nullptr) << "nothing is decided by what came in clear";
  world.set_judge({});
  world.run_for(seconds(10));
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(Floods, E13_NothingButIkeAuthCountsBeforeIkeAuthIsDone) {
  start();
  Octets auth;
  world.set_judge([&](const InFlight& packet) {
    const auto header = wire::parse_header(packet.datagram.octets);
    if (header->exchange != ExchangeType::IKE_AUTH) return Fate::deliver;
    if (auth.empty()) auth = packet.datagram.octets;
    return Fate::drop;
  });
  world.control(left(), ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
  world.run_for(milliseconds(100));
  ASSERT_FALSE(auth.empty());
  const auto sent = right().engine.counters().sent;
  // The octets are the left side's own; only what stands in the header is another.
  for (const auto exchange :
       {ExchangeType::CREATE_CHILD_SA, ExchangeType::INFORMATIONAL, ExchangeType::IKE_SESSION_RESUME}) {
    for (const std::uint8_t id : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}}) {
      auto octets = auth;
      octets[18] = static_cast<std::uint8_t>(exchange);
      octets[23] = id;
      to_right(left_site.local, std::move(octets));
    }
  }
  EXPECT_EQ(right().engine.counters().sent, sent);
  EXPECT_EQ(right().engine.counters().out_of_state, 9u);
  EXPECT_EQ(established(right()), nullptr);
  world.set_judge({});
  world.run_for(seconds(5));
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(Floods, H02_WhoHearsOnlyItselfIsNobodysPeer) {
  left_site.remote_id = left_site.local_id;
  start();
  std::vector<Octets> echoes;
  world.set_judge([&](const InFlight& packet) {
    if (packet.from.name == "left") echoes.push_back(packet.datagram.octets);
    return Fate::drop;
  });
  world.control(left(), ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
  for (int i = 0; i < 100; ++i) {
    world.run_for(milliseconds(50));
    for (auto octets : std::exchange(echoes, {})) {
      to_left(octets);  // as it is
      auto header = *wire::parse_header(octets);
      if (header.exchange != ExchangeType::IKE_SA_INIT) continue;
      // And as an answer, with the same nonce and the same key exchange value, by a responder of the same SPI or another.
      const auto message = wire::parse_message(octets);
      for (const std::uint64_t spi : {header.initiator_spi.value, std::uint64_t{0x77}}) {
        auto reply = reply_to(header);
        reply.responder_spi = {spi};
        to_left(wire::encode_message(reply, message->clear.payloads));
      }
    }
  }
  EXPECT_EQ(established(left()), nullptr);
  EXPECT_EQ(child_sas(left()), 0u);
}

TEST_F(Floods, H02_AnAuthThatIsReflectedIsRefused) {
  // Both ends have the same identity and key: what one signs could pass for the other's.
  left_site.remote_id = right_site.remote_id = left_site.local_id;
  right_site.local_id = left_site.local_id;
  start();
  bool reflected = false;
  world.set_judge([&](const InFlight& packet) {
    auto octets = packet.datagram.octets;
    const auto header = *wire::parse_header(octets);
    if (packet.from.name != "left" || header.exchange != ExchangeType::IKE_AUTH || header.response)
      return Fate::deliver;
    reflected = true;
    octets[19] = 0x20;  // a response of the responder
    to_left(std::move(octets));
    return Fate::drop;
  });
  initiate("lan", seconds(10));
  EXPECT_TRUE(reflected);
  EXPECT_GT(left().engine.counters().not_authentic, 0u) << "each direction has keys of its own";
  EXPECT_EQ(established(left()), nullptr);
}

TEST_F(Floods, H03_AnUnauthenticatedVersionErrorChangesNothing) {
  start();
  const auto request = captured_request();
  for (int i = 0; i < 100; ++i)
    to_left(
        wire::encode_message(reply_to(request.header), {ike::notify_payload(NotifyType::INVALID_MAJOR_VERSION, {1})}));
  world.run_for(seconds(5));
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
  for (const auto& line : world.ladder()) EXPECT_EQ(line.find("Main Mode"), std::string::npos);
}

TEST_F(Floods, H14_TheFirstSixMessagesMayComeInAnyOrder) {
  std::vector<ike::Datagram> messages;
  const auto begin = [&](World& fresh) {
    fresh.set_tracing(false);
    fresh.add("left", left_site.local, left_site.snapshot());
    fresh.add("right", right_site.local, right_site.snapshot());
    fresh.control(fresh.node("left"), ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
  };
  World first(7);
  first.set_judge([&](const InFlight& packet) {
    messages.push_back(packet.datagram);
    return Fate::deliver;
  });
  begin(first);
  first.run_for(seconds(1));
  first.control(first.node("left"),
                ike::TerminateChild{ControlId{2}, first.node("left").stack.child_sas().begin()->first});
  first.run_for(seconds(1));
  ASSERT_EQ(messages.size(), 6u);

  std::vector<std::size_t> order = {0, 1, 2, 3, 4, 5};
  do {
    // From the same seed come the same messages: these are genuine, and only their order is not.
    World fresh(7);
    fresh.set_judge([](const InFlight&) { return Fate::drop; });
    begin(fresh);
    fresh.run_for(milliseconds(1));
    for (const auto place : order) {
      const auto& message = messages[place];
      auto& to = fresh.node(message.remote.address == right_site.local ? "right" : "left");
      fresh.inject(to, {message.remote, message.local, message.octets});
      fresh.run_for(milliseconds(1));
    }
    fresh.set_judge({});
    fresh.run_for(seconds(20));
    for (const auto* name : {"left", "right"}) {
      ASSERT_LE(fresh.node(name).engine.ike_sas().size(), 1u);
      ASSERT_LE(child_sas(fresh.node(name)), 1u);
    }
    // A response that comes before its request was even sent tells one side only, and is not repeated once the next request was
    // answered (RFC 7296 §2.3: a window of one); else both agree in the end.
    const auto before = [&](std::size_t one, std::size_t other) {
      return std::ranges::find(order, one) < std::ranges::find(order, other);
    };
    const bool heard = before(1, 3) || before(4, 2);
    const bool in_time = before(0, 1) && before(2, 3) && before(0, 2) && heard;
    for (const auto* name : {"left", "right"})
      ASSERT_TRUE(!in_time || established(fresh.node(name)) != nullptr) << name;
  } while (std::ranges::next_permutation(order).found);
}

TEST_F(Floods, H15_NotifiesThatMeanSomethingUnderProtectionMeanNothingInClear) {
  start();
  const auto inject_all = [&](Node& node, const IpAddress& from, const IpAddress& to, wire::Header header) {
    for (const auto type :
         {NotifyType::CHILDLESS_IKEV2_SUPPORTED, NotifyType::AUTH_LIFETIME, NotifyType::EAP_ONLY_AUTHENTICATION,
          NotifyType::INITIAL_CONTACT, NotifyType::AUTHENTICATION_FAILED}) {
      for (const auto exchange : {ExchangeType::IKE_AUTH, ExchangeType::INFORMATIONAL}) {
        for (const bool response : {false, true}) {
          header.exchange = exchange;
          header.response = response;
          for (const std::uint32_t id : {0u, 1u, 2u}) {
            header.message_id = id;
            world.inject(
                node,
                {{to, 500}, {from, 500}, wire::encode_message(header, {ike::notify_payload(type, Octets(4, 0))})});
          }
        }
      }
    }
  };
  bool injected = false;
  world.set_judge([&](const InFlight& packet) {
    const auto header = wire::parse_header(packet.datagram.octets);
    if (header->exchange == ExchangeType::IKE_AUTH && !injected) {
      injected = true;
      auto forged = *header;
      inject_all(right(), left_site.local, right_site.local, forged);
      forged.initiator = false;
      inject_all(left(), right_site.local, left_site.local, forged);
    }
    return Fate::deliver;
  });
  initiate();
  EXPECT_TRUE(injected);
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(Floods, OneIdentityHasSoManyIkeSasAndNotOneMore) {
  ike::Options options;
  options.budgets.ike_sas_per_identity = 2;
  world.set_options(options);
  auto connection = std::make_shared<config::Connection>(*right_site.connection());
  connection->remote_addrs = {config::AddressPattern{}};
  auto snapshot = std::make_shared<config::Snapshot>(*right_site.snapshot());
  snapshot->connections = {connection};
  world.add("right", right_site.local, snapshot);
  for (unsigned i = 0; i < 4; ++i) {
    auto site = left_site;
    site.local = IpAddress::v4(0x0b000101 + i);
    auto& node = world.add("client" + std::to_string(i), site.local, site.snapshot());
    // Without INITIAL_CONTACT: it says of itself that it has others.
    world.control(node, ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
    world.run_for(seconds(5));
  }
  std::size_t held = 0;
  for (const auto& [id, sa] : right().engine.ike_sas()) held += sa.established() != nullptr;
  EXPECT_LE(held, 2u);
}

TEST_F(Floods, OneAddressHasSoManyIkeSasAndNotOneMore) {
  ike::Options options;
  options.budgets.ike_sas_per_source = 1;
  world.set_options(options);
  start_open();
  initiate();
  ASSERT_NE(established(right()), nullptr);
  const auto before = right().engine.counters().source_refused;
  auto request = *wire::parse_message(wire::encode_message({}, {}));  // the header is made below
  request.header.exchange = ExchangeType::IKE_SA_INIT;
  request.header.initiator = true;
  request.header.initiator_spi = {5};
  request.clear.payloads = {wire::SaPayload{}, wire::KePayload{KeyExchangeMethod::CURVE25519, Octets(32, 9)},
                            wire::NoncePayload{Octets(32, 1)}};
  send_from(left_site.local, 5, request);
  EXPECT_EQ(right().engine.counters().source_refused, before + 1);
  EXPECT_EQ(right().engine.ike_sas().size(), 1u);
}

}  // namespace
}  // namespace keypact::sim
