#include <gmock/gmock.h>
#include <rapidcheck.h>

#include "eap/avp.h"
#include "eap/peap.h"
#include "eap/test_conversation.h"
#include "eap/test_tls.h"

namespace keypact::eap {
namespace {

using testing::HasSubstr;

struct Inside {
  std::string name;
  Method outer;
  TtlsInner ttls = TtlsInner::eap;
  Method inner = Method::MSCHAPV2;
};

class EapTunnel : public testing::TestWithParam<std::tuple<bool, Inside>> {
 protected:
  [[nodiscard]] static Inside inside() { return std::get<1>(GetParam()); }

  /// `change` may look at both configurations before they begin.
  template <class Change>
  [[nodiscard]] std::unique_ptr<Conversation> conversation(Change&& change) {
    TlsWorld world(std::get<0>(GetParam()));
    world.identity = "carol";
    auto server = world.server_config(inside().outer);
    server.inner.methods = {inside().inner};
    auto client = world.client_config(inside().outer);
    client.inner = {{inside().inner}, inside().ttls};
    client.anonymous_identity = "@strongswan.org";
    change(server, client);
    auto both = std::make_unique<Conversation>(std::move(server), std::move(client));
    both->now = pki::kTestNow;
    return both;
  }
  [[nodiscard]] std::unique_ptr<Conversation> conversation() {
    return conversation([](auto&, auto&) {});
  }
};

TEST_P(EapTunnel, AuthenticatesWhoIsInsideOfItAndNotWhoWasToldOutside) {
  auto both = conversation();
  both->run();
  both->expect_success(inside().outer, "carol");
  for (const auto& packet : both->packets) {
    EXPECT_EQ(as_text(packet).find("carol"), std::string_view::npos);
    EXPECT_EQ(as_text(packet).find("Ar3etTnp"), std::string_view::npos);
  }
}

TEST_P(EapTunnel, WrongPasswordIsSaidToBeWrong) {
  auto both = conversation([](auto&, ClientConfig& client) { client.password = password_of("other"); });
  both->run();
  ASSERT_TRUE(both->server_failed && both->client_failed);
  EXPECT_EQ(both->server_failed->refusal.reason, Reason::peer_not_authenticated);
  EXPECT_EQ(both->server_failed->refusal.sentence,
            "inside " + method_name(inside().outer) + ": the password of 'carol' is wrong");
  EXPECT_EQ(both->client_failed->refusal.reason, Reason::refused_by_peer);
}

TEST_P(EapTunnel, E12_F14_FalseServerLearnsNothing) {
  auto both = conversation([](auto&, ClientConfig& client) {
    auto tls = std::make_shared<TlsSettings>(*client.tls);
    tls->server_names = {IdentityPattern::exactly(Identification::fqdn("sun.strongswan.org"))};
    client.tls = std::move(tls);
  });
  both->run();
  ASSERT_TRUE(both->client_failed);
  EXPECT_EQ(both->client_failed->refusal.reason, Reason::server_not_authenticated);
  for (const auto& packet : both->packets) EXPECT_EQ(as_text(packet).find("carol"), std::string_view::npos);
}

TEST_P(EapTunnel, F02_EarlyEapSuccessIsRefusedAtEveryPoint) {
  auto whole = conversation();
  whole->run();
  const std::size_t requests = whole->packets.size() / 2;
  // PAP proves nothing of the server but its certificate: it is done once the password went out.
  const bool proves = inside().ttls != TtlsInner::pap && inside().inner == Method::MSCHAPV2;
  for (std::size_t at = 0; at < requests; ++at) {
    auto both = conversation();
    std::size_t seen = 0;
    both->between = [&](Octets packet) {
      return packet[0] == 1 && seen++ == at ? encode_result(Code::Success, packet[1]) : packet;
    };
    both->run();
    if (!proves && at + 1 == requests) continue;
    EXPECT_FALSE(both->client_succeeded) << at << " of " << requests;
  }
}

TEST_P(EapTunnel, ChangedFlightsEndInARefusal) {
  SeededRandom random(7);
  for (int i = 0; i < 60; ++i) {
    auto both = conversation();
    const std::size_t victim = 1 + random.u32() % 14;
    std::size_t seen = 0;
    both->between = [&](Octets packet) {
      if (++seen == victim && packet.size() > 8)
        packet[5 + random.u32() % (packet.size() - 5)] ^= static_cast<std::uint8_t>(1 + random.u32() % 255);
      return packet;
    };
    both->run();
    EXPECT_TRUE(both->server_failed || both->client_failed || (both->server_succeeded && both->client_succeeded));
  }
}

INSTANTIATE_TEST_SUITE_P(
    EveryWay, EapTunnel,
    testing::Combine(testing::Bool(), testing::Values(Inside{"TtlsPap", Method::TTLS, TtlsInner::pap},
                                                      Inside{"TtlsMschapv2", Method::TTLS, TtlsInner::mschapv2},
                                                      Inside{"TtlsEapMschapv2", Method::TTLS},
                                                      Inside{"TtlsEapMd5", Method::TTLS, TtlsInner::eap, Method::MD5},
                                                      Inside{"PeapMschapv2", Method::PEAP},
                                                      Inside{"PeapGtc", Method::PEAP, TtlsInner::eap, Method::GTC})),
    [](const auto& parameter) {
      return std::get<1>(parameter.param).name + (std::get<0>(parameter.param) ? "Tls13" : "Tls12");
    });

TEST(EapTtls, WhatTheConfigurationDoesNotAllowIsSaid) {
  TlsWorld world(true);
  world.identity = "carol";
  for (const auto inner : {TtlsInner::pap, TtlsInner::mschapv2, TtlsInner::eap}) {
    auto server = world.server_config(Method::TTLS);
    server.inner = {{Method::GTC}, false, false};
    auto client = world.client_config(Method::TTLS);
    client.inner.ttls = inner;
    Conversation both(std::move(server), std::move(client));
    both.now = pki::kTestNow;
    both.run();
    ASSERT_TRUE(both.server_failed);
    EXPECT_EQ(both.server_failed->refusal.reason, Reason::no_common_method);
  }
}

Octets hex(std::string_view text) { return *from_hex(text); }

TEST(EapAvps, AreTheSameAfterEncodingAndParsing) {
  const std::vector<Avp> avps = {avp(AvpCode::User_Name, as_octets("carol")),
                                 avp(MicrosoftAvpCode::MS_CHAP2_Success, Octets(43, 7)),
                                 {99, 0, false, {}}};
  EXPECT_EQ(parse_avps(encode(avps)).value(), avps);
  EXPECT_EQ(encode({avp(AvpCode::User_Name, as_octets("carol"))}), hex("00000001 4000000d 6361726f6c 000000"));
}

TEST(EapAvps, PaddingOfTheLastOneMayBeMissing) {
  for (const auto* const octets : {"00000001 4000000d 6361726f6c", "00000001 4000000d 6361726f6c 0000"})
    EXPECT_EQ(parse_avps(hex(octets)).value(), std::vector{avp(AvpCode::User_Name, as_octets("carol"))});
}

TEST(EapAvps, F04_LengthsThatAreNoneAreRefused) {
  for (unsigned length = 0; length < 8; ++length) {
    auto octets = hex("00000001 40000000 6361726f6c 000000");
    octets[7] = static_cast<std::uint8_t>(length);
    EXPECT_EQ(parse_avps(octets).error(), "an AVP whose length is less than its header");
  }
  for (unsigned length = 8; length < 12; ++length) {
    auto octets = hex("0000001a c0000000 00000137 00000000");
    octets[7] = static_cast<std::uint8_t>(length);
    EXPECT_EQ(parse_avps(octets).error(), "an AVP whose length is less than its header");
  }
  EXPECT_EQ(parse_avps(hex("00000001 40ffffff 00")).error(), "an AVP that is longer than what came");
  EXPECT_EQ(parse_avps(hex("00000001 4000000d 6361726f")).error(), "an AVP that is longer than what came");
  EXPECT_EQ(parse_avps(hex("00000001 400000")).error(), "an AVP that is shorter than its header");
  EXPECT_EQ(parse_avps(hex("0000001a c000000c 0000")).error(), "an AVP that is shorter than its header");
}

TEST(EapAvps, F04_AnyOctetsAreParsedOrRefused) {
  rc::check([](const Octets& octets) {
    const auto avps = parse_avps(octets);
    RC_ASSERT((avps.has_value() || !avps.error().empty()));
  });
  Octets many;
  for (int i = 0; i < 40; ++i) append(many, hex("00000001 00000008"));
  EXPECT_EQ(parse_avps(many).error(), "more AVPs than we take in one message");
}

TEST(Peap, ResultIsReadOnlyWhereItIsWhole) {
  EXPECT_EQ(encode_peap_result(Code::Request, 5, true), hex("01 05 000b 21 8003 0002 0001"));
  EXPECT_EQ(parse_peap_result(hex("8003 0002 0001")), true);
  EXPECT_EQ(parse_peap_result(hex("8003 0002 0002")), false);
  EXPECT_EQ(parse_peap_result(hex("0007 0001 55 8003 0002 0001")), true);
  for (const auto* const bad : {"", "80", "8003", "8003 0002", "8003 0002 00", "8003 0001 01", "8003 0003 000100",
                                "8003 0002 0001 8003 0002 0001", "8003 ffff 0001"})
    EXPECT_FALSE(parse_peap_result(hex(bad))) << bad;
}

}  // namespace
}  // namespace keypact::eap
