// EAP alone proves both ends: no AUTH of the responder before it. RFC 5998.
#include <gmock/gmock.h>

#include "config/auth_round_reader.h"
#include "eap/method.h"
#include "eap/packet.h"
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using eap::Method;
using ike::RefusalCode;
using testing::HasSubstr;

/// left is the client, right the gateway; both know the same K and OPc of a card.
class EapOnly : public Ladder {
 protected:
  static std::shared_ptr<const config::Snapshot> with(const SiteToSite& site,
                                                      const std::function<void(config::Connection&)>& change) {
    auto snapshot = std::make_shared<config::Snapshot>(*site.snapshot());
    auto connection = std::make_shared<config::Connection>(*snapshot->connections.front());
    change(*connection);
    snapshot->connections.front() = std::move(connection);
    snapshot->eap_secrets = {std::make_shared<const config::EapSecret>(
        config::EapSecret{"eap", {}, Secret::copy_of(Octets(32, 0x5a)), false})};
    return snapshot;
  }
  static void by_eap(config::AuthRound& round, Method method) {
    round.kind = config::AuthKind::eap;
    round.eap_types = {static_cast<std::uint8_t>(method)};
  }
  std::shared_ptr<const config::Snapshot> by_eap_at_both_ends(const SiteToSite& site) const {
    return with(site, [&](config::Connection& connection) {
      by_eap(connection.local.front(), method);
      by_eap(connection.remote.front(), method);
    });
  }
  std::shared_ptr<const config::Snapshot> gateway_with_a_shared_key() const {
    return with(right_site, [&](config::Connection& connection) { by_eap(connection.remote.front(), method); });
  }
  void begin(std::shared_ptr<const config::Snapshot> client, std::shared_ptr<const config::Snapshot> gateway) {
    world.add("left", left_site.local, std::move(client));
    world.add("right", right_site.local, std::move(gateway));
    mark_ladder();
    initiate("lan", seconds(20));
  }
  /// What the responder does not say, the first answer of IKE_AUTH says in its name: HDR, SK {IDr, EAP}.
  void begin_and_answer(std::shared_ptr<const config::Snapshot> client, const Octets& packet) {
    world.set_judge([&](const InFlight& sent) {
      const bool auth = sent.datagram.octets.size() > 18 && sent.datagram.octets[18] == 35;
      return auth && sent.from.name == "left" ? Fate::drop : Fate::deliver;
    });
    world.add("left", left_site.local, std::move(client));
    world.add("right", right_site.local, gateway_with_a_shared_key());
    initiate("lan", milliseconds(500));
    const auto& sa = right().engine.ike_sas().begin()->second;
    const auto* state = std::get_if<ike::v2::AwaitAuthRequest>(&sa.state());
    ASSERT_NE(state, nullptr);
    SeededRandom random(1);
    const auto header = sa.record().header(ExchangeType::IKE_AUTH, 1, true);
    const std::vector<wire::Payload> payloads = {
        wire::IdPayload{PayloadType::IDr, Identification::fqdn(right_site.local_id)}, wire::EapPayload{packet}};
    const auto& to = left().engine.ike_sas().begin()->second.record();
    world.inject(left(), {to.local, to.remote,
                          ike::seal_message(world.library(), random, state->channel.keys().responder, 1000000, header,
                                            payloads)});
    world.run_for(seconds(1));
  }

  Method method = Method::AKA;
};

TEST_F(EapOnly, TheLadderIsThatOfTheRfc) {
  begin(by_eap_at_both_ends(left_site), by_eap_at_both_ends(right_site));
  ASSERT_FALSE(refusal(left()).has_value()) << refusal(left())->detail;
  std::vector<std::string> lines;
  for (const auto& line : ladder_since_mark())
    if (line.find("IKE_AUTH") != std::string::npos) lines.push_back(line);
  ASSERT_GE(lines.size(), 6U);
  EXPECT_THAT(lines[0], HasSubstr("SK {IDi, IDr, N(INITIAL_CONTACT), N(EAP_ONLY_AUTHENTICATION), SAi2, TSi, TSr}"));
  EXPECT_THAT(lines[1], HasSubstr("SK {IDr, EAP"));
  EXPECT_THAT(lines[lines.size() - 2], HasSubstr("SK {AUTH}"));
  EXPECT_THAT(lines.back(), HasSubstr("SK {AUTH, SAr2, TSi, TSr}"));
  expect_mirrored_child_sas(1);
  EXPECT_EQ(established(left())->peer_identity(), Identification::fqdn(right_site.local_id));
}

TEST_F(EapOnly, F02_AGatewayThatBeginsEapWithoutAuthIsRefusedWhereItWasNotAllowedTo) {
  const auto client =
      with(left_site, [&](config::Connection& connection) { by_eap(connection.local.front(), method); });
  begin_and_answer(client, eap::encode_request(1, Method::Identity, {}));
  ASSERT_TRUE(refusal(left()).has_value());
  EXPECT_EQ(refusal(left())->rule, "RFC 5998 §3");
  EXPECT_THAT(refusal(left())->detail, HasSubstr("begins EAP without AUTH"));
}

TEST_F(EapOnly, F02_AMethodThatDoesNotProveTheGatewayEndsItAtOnce) {
  for (const auto proposed : {Method::MD5, Method::GTC, Method::MSCHAPV2}) {
    EXPECT_FALSE(eap::fit_for_eap_only(proposed));
  }
  begin_and_answer(by_eap_at_both_ends(left_site), eap::encode_request(1, Method::MSCHAPV2, Octets(20, 1)));
  ASSERT_TRUE(refusal(left()).has_value());
  EXPECT_EQ(refusal(left())->rule, "RFC 5998 §4");
  EXPECT_THAT(refusal(left())->detail, HasSubstr("not proven by EAP-MSCHAPV2"));
}

TEST_F(EapOnly, F02_EarlySuccessProvesNobody) {
  begin_and_answer(by_eap_at_both_ends(left_site), eap::encode_result(eap::Code::Success, 1));
  ASSERT_TRUE(refusal(left()).has_value());
  EXPECT_EQ(refusal_code(left()), RefusalCode::eap_failed);
  EXPECT_EQ(child_sas(left()), 0U);
}

TEST_F(EapOnly, AGatewayThatProvesItselfByAuthAllTheSameIsNotWhatIsConfigured) {
  begin(by_eap_at_both_ends(left_site), gateway_with_a_shared_key());
  ASSERT_TRUE(refusal(left()).has_value());
  EXPECT_EQ(refusal(left())->rule, "RFC 5998 §3");
}

TEST_F(EapOnly, AClientThatDoesNotAskForItIsRefusedByAGatewayWithNothingElse) {
  begin(with(left_site, [&](config::Connection& connection) { by_eap(connection.local.front(), method); }),
        by_eap_at_both_ends(right_site));
  EXPECT_EQ(refusal_code(left()), RefusalCode::authentication_failed);
  const auto* refused = right().last<ike::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->refusal.rule, "RFC 5998 §3");
  EXPECT_THAT(refused->refusal.detail, HasSubstr("EAP_ONLY_AUTHENTICATION"));
}

/// The key of the IKE SA is everybody's who answered IKE_SA_INIT: it does not take the place of the one that EAP made.
TEST_F(EapOnly, F13_AnAuthOfTheGatewayWithAnotherKeyIsRefused) {
  const auto last_of = [](Node& node) {
    return std::get_if<ike::v2::AwaitEapFinal>(&node.engine.ike_sas().begin()->second.state());
  };
  world.set_judge([&](const InFlight& sent) {
    return sent.from.name == "left" && last_of(left()) != nullptr ? Fate::drop : Fate::deliver;
  });
  begin(by_eap_at_both_ends(left_site), by_eap_at_both_ends(right_site));
  const auto* state = last_of(left());
  ASSERT_NE(state, nullptr);
  const auto& sa = left().engine.ike_sas().begin()->second;
  const auto& keys = state->channel.keys();
  const auto id_body = state->peer_id->body();
  const ike::v2::SignedOctets octets{state->response, state->nonce, keys.prf, keys.pr, id_body};
  const wire::AuthPayload wrong{AuthMethod::SHARED_KEY_MIC,
                                ike::v2::shared_key_auth(world.library(), keys.pr.reveal(), octets)};
  auto header = sa.record().header(ExchangeType::IKE_AUTH, state->window.next_id() - 1, true);
  header.initiator = false;
  SeededRandom random(1);
  const auto message = ike::seal_message(world.library(), random, keys.responder, 1000000, header, {wrong});
  world.inject(left(), {sa.record().local, sa.record().remote, message});
  world.run_for(seconds(1));
  ASSERT_TRUE(refusal(left()).has_value());
  EXPECT_THAT(refusal(left())->detail, HasSubstr("does not fit the key that EAP made"));
  EXPECT_EQ(child_sas(left()), 0U);
}

TEST_F(EapOnly, WhatTheConfigurationTakesIsWhatTheMethodsAreFitFor) {
  for (unsigned type = 0; type < 256; ++type)
    EXPECT_EQ(config::proves_both_ends(static_cast<std::uint8_t>(type)),
              eap::fit_for_eap_only(Method{static_cast<std::uint8_t>(type)}))
        << type;
}

}  // namespace
}  // namespace keypact::sim
