// Redirection to another gateway in its three places, both roles, and what is not followed. RFC 5685.
#include "ike/core/redirect.h"
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;

const IpAddress kThird = IpAddress::v4(192, 0, 2, 3);

/// Left is a client of right; third is another gateway of the same identity.
class Redirecting : public Ladder {
 protected:
  void start_three(const ike::Options& of_right = {}, const ike::Options& of_third = {}) {
    world.add("left", left_site.local, left_site.snapshot());
    world.set_options(of_right);
    world.add("right", right_site.local, right_site.snapshot());
    world.set_options(of_third);
    third_site = right_site;
    third_site.local = kThird;
    world.add("third", kThird, third_site.snapshot());
    world.set_options({});
  }
  Node& third() { return world.node("third"); }
  static ike::Options to(const IpAddress& gateway, bool when_authenticated = false) {
    ike::Options options;
    options.redirect_to = gateway;
    options.redirect_when_authenticated = when_authenticated;
    return options;
  }
  void redirect(const Identification& gateway) {
    world.control(right(), ike::Redirect{ControlId{50}, established_id(right()), gateway});
  }
  /// An IKE_SA_INIT response with a REDIRECT, as anybody could send it who saw the SPI, or the nonce too.
  void forge_redirect(const IpAddress& gateway, bool knows_nonce) {
    Octets nonce(32, 9);
    wire::Header header;
    world.set_judge([&](const InFlight& packet) {
      const auto message = wire::parse_message(packet.datagram.octets);
      header = message->header;
      if (knows_nonce) nonce = ike::PayloadSet(message->clear.payloads).find<wire::NoncePayload>()->nonce;
      return Fate::drop;
    });
    world.control(left(), ike::Initiate{ControlId{1}, "net", "lan", {}, {}});
    world.run_for(milliseconds(10));
    header.response = true;
    header.initiator = false;
    const std::vector<wire::Payload> payloads = {
        ike::notify_payload(NotifyType::REDIRECT, ike::redirect_data(Identification::of(gateway), nonce))};
    world.inject(left(), {{left_site.local, 500}, {right_site.local, 500}, wire::encode_message(header, payloads)});
    world.run_for(milliseconds(10));
    world.set_judge({});
  }
  void expect_tunnel_with_third() {
    EXPECT_EQ(child_sas(left()), 1u);
    EXPECT_EQ(child_sas(third()), 1u);
    EXPECT_EQ(child_sas(right()), 0u);
    EXPECT_EQ(established_ike_sas(left()), 1u);
    EXPECT_EQ(established_ike_sas(third()), 1u);
    EXPECT_EQ(established_ike_sas(right()), 0u);
  }
  SiteToSite third_site;
};

TEST_F(Redirecting, InIkeSaInitTheClientGoesOnAtTheOtherGateway) {
  start_three(to(kThird));
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  EXPECT_EQ(world.ladder()[1], "right  IKE_SA_INIT response 0  HDR, N(REDIRECT)");
  EXPECT_NE(world.ladder()[2].find("N(REDIRECTED_FROM)"), std::string::npos) << world.ladder()[2];
  expect_tunnel_with_third();
  EXPECT_TRUE(right().engine.ike_sas().empty()) << "the gateway keeps nothing";
}

TEST_F(Redirecting, InIkeAuthTheClientGoesOnAndDeletesWhatThereIs) {
  start_three(to(kThird, true));
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  EXPECT_EQ(world.ladder()[3], "right  IKE_AUTH response 1  HDR, SK {IDr, AUTH, N(REDIRECT)}");
  world.run_for(seconds(15));
  expect_tunnel_with_third();
}

TEST_F(Redirecting, AnEstablishedIkeSaMovesToTheOtherGateway) {
  start_three();
  initiate();
  mark_ladder();
  redirect(Identification::of(kThird));
  world.run_for(seconds(1));
  EXPECT_EQ(ladder_since_mark()[0], "right  INFORMATIONAL request 0  HDR, SK {N(REDIRECT)}");
  EXPECT_EQ(ladder_since_mark()[1], "left  INFORMATIONAL response 0  HDR, SK {}");
  EXPECT_EQ(outcome(right(), ControlId{50}), std::nullopt);
  EXPECT_EQ(child_sas(third()), 1u) << "the new tunnel is there";
  world.run_for(seconds(30));
  expect_tunnel_with_third();
}

TEST_F(Redirecting, ItGoesToTheOtherGatewayFromBehindANatToo) {
  auto connection = std::make_shared<config::Connection>(*right_site.connection());
  connection->encap = true;  // so that a NAT is found
  auto snapshot = std::make_shared<config::Snapshot>(*right_site.snapshot());
  snapshot->connections = {std::move(connection)};
  world.add("left", left_site.local, left_site.snapshot());
  world.add("right", right_site.local, std::move(snapshot));
  third_site = right_site;
  third_site.local = kThird;
  world.add("third", kThird, third_site.snapshot());
  initiate();
  ASSERT_TRUE(left().engine.ike_sas().begin()->second.record().nat.any());
  redirect(Identification::of(kThird));
  world.run_for(seconds(31));
  expect_tunnel_with_third();
}

TEST_F(Redirecting, TheOldTunnelStaysWhenTheOtherGatewayIsNotThere) {
  start_three();
  initiate();
  world.part(left(), third());
  redirect(Identification::of(kThird));
  world.run_for(minutes(10));
  EXPECT_EQ(child_sas(left()), 1u);
  EXPECT_EQ(child_sas(right()), 1u);
}

TEST_F(Redirecting, AGatewayByNameIsRefusedWithAReason) {
  start_three();
  initiate();
  redirect(Identification::fqdn("gw.example.org"));
  world.run_for(seconds(1));
  const auto* refused = left().last<ike::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->refusal.code, RefusalCode::redirected);
  EXPECT_EQ(refused->refusal.detail, "a gateway that is given by name is not followed: gw.example.org");
  expect_mirrored_child_sas(1);
}

TEST_F(Redirecting, OnlyWhoSetTheIkeSaUpIsRedirected) {
  start_three();
  initiate();
  world.control(left(), ike::Redirect{ControlId{51}, established_id(left()), Identification::of(kThird)});
  EXPECT_EQ(outcome(left(), ControlId{51}), RefusalCode::redirected);
}

TEST_F(Redirecting, AClientThatFollowsNobodyIsNotRedirected) {
  ike::Options stubborn;
  stubborn.follow_redirects = false;
  world.set_options(stubborn);
  world.add("left", left_site.local, left_site.snapshot());
  world.set_options(to(kThird));
  world.add("right", right_site.local, right_site.snapshot());
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  expect_mirrored_child_sas(1);
}

TEST_F(Redirecting, H05_ACircleOfTwoGatewaysIsServedByTheOneThatWasSentBackTo) {
  start_three(to(kThird), to(right_site.local));
  initiate();
  EXPECT_FALSE(refusal(left()).has_value());
  expect_tunnel_with_third();
}

TEST_F(Redirecting, H05_MoreThanFiveGatewaysInARowAreNotFollowed) {
  world.add("left", left_site.local, left_site.snapshot());
  for (std::uint8_t i = 2; i <= 9; ++i) {
    auto site = right_site;
    site.local = IpAddress::v4(192, 0, 2, i);
    world.set_options(to(IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(i + 1))));
    world.add("gateway" + std::to_string(i), site.local, site.snapshot());
  }
  initiate("lan", seconds(30));
  EXPECT_EQ(refusal_code(left()), RefusalCode::redirected);
  const auto requests = std::ranges::count_if(
      world.ladder(), [](const std::string& line) { return line.starts_with("left  IKE_SA_INIT request 0  HDR"); });
  EXPECT_EQ(requests, 6) << "the first one, and five that followed";
  EXPECT_TRUE(left().engine.ike_sas().empty());
}

TEST_F(Redirecting, H05_TheLimitIsForgottenAfterItsPeriod) {
  ike::Redirections way;
  const auto at = [](int seconds_later) { return Instant(seconds(1000 + seconds_later)); };
  for (int i = 0; i < 5; ++i) way = *ike::one_more(way, kThird, at(i));
  EXPECT_FALSE(ike::one_more(way, kThird, at(10)).has_value());
  EXPECT_TRUE(ike::one_more(way, kThird, at(301)).has_value());
}

TEST_F(Redirecting, H05_ARedirectWithoutTheNonceIsPassedOverInSilence) {
  start_three();
  forge_redirect(kThird, false);
  EXPECT_EQ(left().engine.counters().redirects_refused, 1u);
  world.run_for(seconds(5));
  EXPECT_FALSE(refusal(left()).has_value());
  EXPECT_EQ(child_sas(third()), 0u);
  expect_mirrored_child_sas(1);
}

TEST_F(Redirecting, H05_OneToNowhereIsNotFollowed) {
  const ike::Path path{{left_site.local, 500}, {right_site.local, 500}};
  for (const char* target : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.0.1", "224.0.0.1", "255.255.255.255", "::",
                             "::1", "ff02::1", "fe80::1", "::ffff:192.0.2.9", "2001:db8::5", "192.0.2.1", "192.0.2.2"})
    EXPECT_FALSE(ike::redirect_target(Identification::of(*IpAddress::parse(target)), path)) << target;
  EXPECT_TRUE(ike::redirect_target(Identification::of(kThird), path));
}

TEST_F(Redirecting, H05_OneToOurselvesEndsTheAttemptOnlyWhenNothingBetterComes) {
  start_three();
  forge_redirect(left_site.local, true);
  world.run_for(seconds(2));
  EXPECT_FALSE(refusal(left()).has_value()) << "the right answer to the request that is sent again comes in time";
  expect_mirrored_child_sas(1);
}

TEST_F(Redirecting, H05_NoDataMakesTheParserRead) {
  for (const Octets& data :
       std::vector<Octets>{{}, {1}, {1, 4}, {1, 4, 1, 2, 3}, {1, 3, 1, 2, 3}, {2, 4, 1, 2, 3, 4}, {3, 0}, {9, 1, 1}})
    EXPECT_FALSE(ike::parse_redirect(data));
  const auto parsed = ike::parse_redirect(ike::redirect_data(Identification::of(kThird), Octets(16, 1)));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->gateway, Identification::of(kThird));
  EXPECT_EQ(parsed->nonce, Octets(16, 1));
}

}  // namespace
}  // namespace keypact::sim
