// Addresses inside the tunnel: a gateway with pools, and clients that ask for an address. RFC 7296 §2.19, §3.15.
#include <gmock/gmock.h>

#include "ike/core/configuration_payload.h"
#include "tests/engine/ladder.h"

namespace keypact::sim {
namespace {

using ike::RefusalCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

IpAddress at(std::string_view text) { return *IpAddress::parse(text); }

std::shared_ptr<const config::Snapshot> changed(const SiteToSite& site,
                                                const std::function<void(config::Connection&)>& change,
                                                std::vector<std::shared_ptr<const config::Pool>> pools = {}) {
  auto snapshot = std::make_shared<config::Snapshot>(*site.snapshot());
  auto connection = std::make_shared<config::Connection>(*snapshot->connections.front());
  change(*connection);
  snapshot->connections.front() = std::move(connection);
  snapshot->pools = std::move(pools);
  return snapshot;
}

const EncryptedDns kAskedByTls{1, "dns.corp.example", {*IpAddress::parse("10.3.0.53")}, {"dot"}, {}, {}};

config::SelectorPattern dynamic() {
  config::SelectorPattern pattern;
  pattern.dynamic = true;
  return pattern;
}

/// left is the client, right the gateway.
class InnerAddresses : public Ladder {
 protected:
  std::shared_ptr<const config::Snapshot> client(std::vector<IpAddress> vips) {
    return changed(left_site, [&](config::Connection& connection) {
      connection.vips = std::move(vips);
      connection.children.front().local_ts = {dynamic()};
    });
  }
  std::shared_ptr<const config::Snapshot> gateway(std::vector<std::string> pools,
                                                  config::UniquePolicy unique = config::UniquePolicy::no) {
    std::vector<std::shared_ptr<const config::Pool>> all;
    const auto pool = [&](std::string name, std::string_view first, std::string_view last,
                          std::vector<config::PoolAttribute> attributes = {}) {
      all.push_back(std::make_shared<const config::Pool>(
          config::Pool{std::move(name), at(first), at(first), at(last), std::move(attributes)}));
    };
    pool("four", "10.3.0.1", "10.3.0.2",
         {{CpAttributeType::INTERNAL_IP4_DNS, {10, 3, 0, 53}},
          {CpAttributeType::INTERNAL_DNS_DOMAIN, to_octets(as_octets("corp.example"))},
          {CpAttributeType::ENCDNS_IP4, *attribute_value(kAskedByTls, IpFamily::v4)}});
    pool("six", "2001:db8:3::1", "2001:db8:3::9");
    return changed(
        right_site,
        [&](config::Connection& connection) {
          connection.pools = std::move(pools);
          connection.unique = unique;
          connection.children.front().remote_ts = {dynamic()};
        },
        std::move(all));
  }
  void begin(std::shared_ptr<const config::Snapshot> client, std::shared_ptr<const config::Snapshot> gateway) {
    world.add("left", left_site.local, std::move(client));
    world.add("right", right_site.local, std::move(gateway));
    initiate();
  }
  const ike::InnerAddresses& inner(Node& node) { return node.engine.ike_sas().at(established_id(node)).record().inner; }
  static std::string local_selectors(Node& node) {
    return to_string(node.stack.child_sas().begin()->second.local_selectors);
  }
};

/// Whoever knows it asks for it, once for each family.
TEST_F(InnerAddresses, AClientAsksForNameServersThatAreAskedEncrypted) {
  const auto request = ike::configuration_request({at("0.0.0.0"), at("::")});
  std::vector<CpAttributeType> types;
  for (const auto& attribute : std::get<wire::CpPayload>(request.body).attributes) types.push_back(attribute.type);
  EXPECT_THAT(types, ::testing::IsSupersetOf({CpAttributeType::ENCDNS_IP4, CpAttributeType::ENCDNS_IP6}));
}

const std::vector kAnyV4{IpAddress::unspecified(IpFamily::v4)};

TEST_F(InnerAddresses, TheClientGetsAnAddressAndItsTunnelIsForThatAddress) {
  mark_ladder();
  begin(client(kAnyV4), gateway({"four"}));
  ASSERT_FALSE(refusal(left()).has_value());
  EXPECT_THAT(inner(left()).local, ElementsAre(at("10.3.0.1")));
  EXPECT_THAT(inner(right()).remote, ElementsAre(at("10.3.0.1")));
  EXPECT_EQ(local_selectors(left()), "10.3.0.1/32");
  expect_mirrored_child_sas(1);
  EXPECT_THAT(left().stack.inner_addresses(), ElementsAre(at("10.3.0.1")));
  const auto* told = left().last<ike::ClientConfigured>();
  ASSERT_NE(told, nullptr);
  EXPECT_THAT(told->configuration.name_servers, ElementsAre(at("10.3.0.53")));
  EXPECT_THAT(told->configuration.domains, ElementsAre("corp.example"));
  EXPECT_THAT(told->configuration.encrypted_dns, ElementsAre(kAskedByTls));
  std::string said;
  for (const auto& line : ladder_since_mark()) said += line + '\n';
  EXPECT_THAT(said, HasSubstr("AUTH, CP(CFG_REQUEST), SAi2"));
  EXPECT_THAT(said, HasSubstr("AUTH, CP(CFG_REPLY), SAr2"));
}

/// RFC 8598 §2: no gateway takes single domains for itself where all traffic is its own.
TEST_F(InnerAddresses, DomainsAreIgnoredWhereTheTunnelIsForEverything) {
  const auto everything = [](config::Connection& connection) {
    config::SelectorPattern all;
    all.selector = TrafficSelector::all(IpFamily::v4);
    connection.vips = kAnyV4;
    connection.children.front().local_ts = {dynamic()};
    connection.children.front().remote_ts = {all};
  };
  begin(changed(left_site, everything), gateway({"four"}));
  const auto* told = left().last<ike::ClientConfigured>();
  ASSERT_NE(told, nullptr);
  EXPECT_THAT(told->configuration.name_servers, ElementsAre(at("10.3.0.53")));
  EXPECT_THAT(told->configuration.domains, IsEmpty());
}

TEST_F(InnerAddresses, BothFamiliesAtOnce) {
  begin(client({at("0.0.0.0"), at("::")}), gateway({"four", "six"}));
  EXPECT_THAT(inner(left()).local, ElementsAre(at("10.3.0.1"), at("2001:db8:3::1")));
}

TEST_F(InnerAddresses, OneFamilyIsBetterThanNone) {
  begin(client({at("0.0.0.0"), at("::")}), gateway({"six"}));
  EXPECT_THAT(inner(left()).local, ElementsAre(at("2001:db8:3::1")));
}

TEST_F(InnerAddresses, WithoutAnAddressThereIsNoTunnelAndBothEndsSayWhy) {
  begin(client(kAnyV4), gateway({}));
  ASSERT_TRUE(refusal(left()).has_value());
  EXPECT_EQ(refusal(left())->code, RefusalCode::no_inner_address);
  EXPECT_TRUE(refusal(left())->by_peer);
  EXPECT_EQ(refusal(left())->notify, NotifyType::INTERNAL_ADDRESS_FAILURE);
  const auto* refused = right().last<ike::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->refusal.code, RefusalCode::no_inner_address);
  EXPECT_THAT(refused->refusal.theirs, ElementsAre("CFG_REQUEST for 0.0.0.0"));
  world.run_for(seconds(60));
  EXPECT_EQ(left().engine.footprint(), ike::Footprint{});
  EXPECT_EQ(right().engine.footprint(), ike::Footprint{});
}

TEST_F(InnerAddresses, WhoIsToHaveOneAndAsksForNoneGetsNoTunnel) {
  begin(client({}), gateway({"four"}));
  ASSERT_TRUE(refusal(left()).has_value());
  EXPECT_EQ(refusal(left())->code, RefusalCode::inner_address_required);
  EXPECT_EQ(refusal(left())->notify, NotifyType::FAILED_CP_REQUIRED);
}

TEST_F(InnerAddresses, WhatIsGivenBackIsNobodysAnyMore) {
  begin(client(kAnyV4), gateway({"four"}));
  world.control(left(), ike::TerminateIke{ControlId{78}, established_id(left()), false});
  world.run_for(seconds(40));
  EXPECT_THAT(left().stack.inner_addresses(), IsEmpty());
  EXPECT_EQ(left().engine.footprint(), ike::Footprint{});
  EXPECT_EQ(right().engine.footprint(), ike::Footprint{});
  const auto pool = right().engine.configuration()->pool("four");
  EXPECT_EQ(right().leases.counts(*pool).online, 0U);
  EXPECT_EQ(right().leases.counts(*pool).offline, 1U);
  initiate();
  EXPECT_THAT(inner(left()).local, ElementsAre(at("10.3.0.1")));
}

TEST_F(InnerAddresses, TheyOutliveRekeyingsOfEitherEnd) {
  begin(client(kAnyV4), gateway({"four"}));
  for (auto* node : {&left(), &right(), &left()}) {
    world.control(*node, ike::RekeyIke{ControlId{77}, established_id(*node), false});
    world.run_for(seconds(40));
    EXPECT_THAT(left().stack.inner_addresses(), ElementsAre(at("10.3.0.1")));
    EXPECT_THAT(inner(left()).local, ElementsAre(at("10.3.0.1")));
    EXPECT_EQ(right().leases.counts(*right().engine.configuration()->pool("four")).online, 1U);
  }
  for (auto* node : {&left(), &right()}) {
    const auto child = node->stack.child_sas().begin()->first;
    world.control(*node, ike::RekeyChild{ControlId{78}, child});
    world.run_for(seconds(20));
    EXPECT_EQ(local_selectors(left()), "10.3.0.1/32");
    expect_mirrored_child_sas(1);
  }
}

TEST_F(InnerAddresses, AReauthenticationKeepsThem) {
  begin(client(kAnyV4), gateway({"four"}));
  world.control(left(), ike::RekeyIke{ControlId{77}, established_id(left()), true});
  world.run_for(seconds(40));
  EXPECT_EQ(established_ike_sas(left()), 1U);
  EXPECT_THAT(left().stack.inner_addresses(), ElementsAre(at("10.3.0.1")));
  EXPECT_EQ(right().leases.counts(*right().engine.configuration()->pool("four")).online, 1U);
}

TEST_F(InnerAddresses, AClientThatLostItsMemoryGetsTheSameAddressAgain) {
  begin(client(kAnyV4), gateway({"four"}));
  world.restart(left(), client(kAnyV4));
  initiate();
  ASSERT_FALSE(refusal(left()).has_value());
  EXPECT_THAT(inner(left()).local, ElementsAre(at("10.3.0.1"))) << "INITIAL_CONTACT: the other one is gone";
  world.run_for(seconds(60));
  EXPECT_EQ(right().leases.counts(*right().engine.configuration()->pool("four")).online, 1U);
}

TEST_F(InnerAddresses, ATunnelThatNobodyAnswersGivesItsAddressBack) {
  world.set_judge([this](const InFlight& sent) {
    // The answer to IKE_AUTH never arrives: the gateway has leased an address by then.
    return sent.from.name == "right" && sent.datagram.octets.size() > 18 && sent.datagram.octets[18] == 35
               ? Fate::drop
               : Fate::deliver;
  });
  auto gateway_side = std::make_shared<config::Snapshot>(*gateway({"four"}));
  auto connection = std::make_shared<config::Connection>(*gateway_side->connections.front());
  connection->dpd_delay = seconds(10);
  gateway_side->connections.front() = connection;
  begin(client(kAnyV4), gateway_side);
  world.run_for(minutes(15));
  EXPECT_EQ(right().engine.footprint(), ike::Footprint{});
  EXPECT_EQ(right().leases.counts(*right().engine.configuration()->pool("four")).online, 0U);
}

/// Whoever is authenticated may have what is his, and nothing of the address that another client uses.
TEST_F(InnerAddresses, I10_AClientGetsNoTrafficOfAnothersAddress) {
  auto for_both = std::make_shared<config::Snapshot>(*gateway({"four"}));
  auto connection = std::make_shared<config::Connection>(*for_both->connections.front());
  connection->remote.front().id = IdentityPattern::anybody();
  connection->remote_addrs = {config::AddressPattern{}};
  for_both->connections.front() = std::move(connection);
  for_both->ike_secrets = {
      std::make_shared<config::SharedKey>(config::SharedKey{"ike", {}, Secret::copy_of(as_octets(left_site.secret))})};
  begin(client(kAnyV4), for_both);
  ASSERT_EQ(local_selectors(left()), "10.3.0.1/32");
  auto site = left_site;
  site.local = at("192.0.2.77");
  site.local_id = "thief.example.org";
  auto& thief = world.add("thief", site.local, changed(site, [&](config::Connection& own) {
                            own.vips = kAnyV4;
                            config::SelectorPattern stolen;
                            stolen.selector = TrafficSelector::of(at("10.3.0.1"));
                            own.children.front().local_ts = {stolen};
                          }));
  world.control(thief, ike::Initiate{ControlId{40}, "net", "lan", {}, {}});
  world.run_for(seconds(1));
  const auto* leased = right().last<ike::AddressesLeased>();
  ASSERT_NE(leased, nullptr);
  EXPECT_EQ(leased->client, Identification::fqdn("thief.example.org"));
  EXPECT_EQ(outcome(thief, ControlId{40}), ike::RefusalCode::selectors_unacceptable);
  EXPECT_EQ(child_sas(thief), 0u);
  EXPECT_EQ(child_sas(right()), 1u);
}

TEST_F(InnerAddresses, C17_AnEmptyPoolRefusesTheNextClient) {
  begin(client(kAnyV4), gateway({"four"}));
  const auto pool = right().engine.configuration()->pool("four");
  (void)right().leases.lease({{pool}, Identification::fqdn("somebody"), kAnyV4, {}, false});
  world.control(left(), ike::TerminateIke{ControlId{78}, established_id(left()), false});
  world.run_for(seconds(40));
  (void)right().leases.lease({{pool}, Identification::fqdn("somebody else"), kAnyV4, {}, false});
  initiate();
  EXPECT_EQ(refusal_code(left()), RefusalCode::no_inner_address);
}

// The payload by itself.

using wire::CpAttribute;
using wire::CpPayload;
using enum CpAttributeType;

std::vector<wire::Payload> reply(std::vector<CpAttribute> attributes) {
  return {wire::Payload(CpPayload{CpType::CFG_REPLY, std::move(attributes)})};
}

TEST(ConfigurationPayload, A21_WhatHasAWrongLengthOrComesTwiceIsPassedOver) {
  const Octets text(300, 'a');
  const auto payloads = reply({{INTERNAL_IP4_ADDRESS, {10, 3, 0}},
                               {INTERNAL_IP4_ADDRESS, {10, 3, 0, 1}},
                               {INTERNAL_IP4_ADDRESS, {10, 3, 0, 2}},
                               {INTERNAL_IP6_ADDRESS, Octets(15, 1)},
                               {INTERNAL_IP4_DNS, {10, 3}},
                               {INTERNAL_DNS_DOMAIN, text},
                               {INTERNAL_DNS_DOMAIN, to_octets(as_octets("a; rm -rf"))},
                               {INTERNAL_DNS_DOMAIN, to_octets(as_octets("-x"))},
                               {static_cast<CpAttributeType>(30000), {1, 2, 3}}});
  const auto told = ike::configuration_in(ike::PayloadSet(payloads));
  EXPECT_THAT(told.addresses, ElementsAre(at("10.3.0.1")));
  EXPECT_THAT(told.name_servers, IsEmpty());
  EXPECT_THAT(told.domains, IsEmpty());
}

TEST(ConfigurationPayload, A21_MoreThanAnybodyNeedsIsLeftOut) {
  std::vector<CpAttribute> attributes;
  for (std::uint8_t i = 1; i < 60; ++i) attributes.push_back({INTERNAL_IP4_DNS, {10, 3, 0, i}});
  const auto payloads = reply(std::move(attributes));
  EXPECT_EQ(ike::configuration_in(ike::PayloadSet(payloads)).name_servers.size(), 8U);
}

/// RFC 9464: by priority, and of what breaks a rule nothing.
TEST(ConfigurationPayload, NameServersThatAreAskedEncryptedComeInTheirOrder) {
  const auto server = [](std::uint16_t priority, std::string name) {
    return EncryptedDns{priority, std::move(name), {at("10.3.0.53")}, {"dot"}, {}, {}};
  };
  const auto value = [&](std::uint16_t priority, std::string name) {
    return *attribute_value(server(priority, std::move(name)), IpFamily::v4);
  };
  auto attributes = std::vector<CpAttribute>{{ENCDNS_IP4, value(2, "b.example")},
                                             {ENCDNS_IP4, {}},
                                             {ENCDNS_IP6, value(1, "c.example")},
                                             {ENCDNS_DIGEST_INFO, {1, 0, 0, 2}},
                                             {ENCDNS_IP4, value(1, "a.example")}};
  const auto payloads = reply(attributes);
  EXPECT_THAT(ike::configuration_in(ike::PayloadSet(payloads)).encrypted_dns,
              ElementsAre(server(1, "a.example"), server(2, "b.example")));
  attributes.insert(attributes.end(), 20, attributes.front());
  const auto many = reply(attributes);
  EXPECT_EQ(ike::configuration_in(ike::PayloadSet(many)).encrypted_dns.size(), 8U);
}

TEST(ConfigurationPayload, ARequestIsOfEachFamilyOnceAndAReplyIsNoRequest) {
  const std::vector<wire::Payload> payloads{wire::Payload(CpPayload{
      CpType::CFG_REQUEST, {{INTERNAL_IP4_ADDRESS, {}}, {INTERNAL_IP4_ADDRESS, {}}, {INTERNAL_IP6_ADDRESS, {}}}})};
  EXPECT_THAT(*ike::requested_addresses(ike::PayloadSet(payloads)), ElementsAre(at("0.0.0.0"), at("::")));
  EXPECT_EQ(ike::configuration_in(ike::PayloadSet(payloads)), ike::ClientConfiguration());
  EXPECT_EQ(ike::requested_addresses(ike::PayloadSet(reply({}))), std::nullopt);
}

TEST(ConfigurationPayload, AnIpv6AddressHasThePrefixBehindIt) {
  const std::vector payloads{ike::configuration_reply({at("2001:db8::5")}, {})};
  EXPECT_EQ(std::get<CpPayload>(payloads.front().body).attributes.front().value.size(), 17U);
  EXPECT_THAT(ike::configuration_in(ike::PayloadSet(payloads)).addresses, ElementsAre(at("2001:db8::5")));
}

}  // namespace
}  // namespace keypact::sim
