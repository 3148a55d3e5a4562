// The section pools, and what a connection says of addresses inside the tunnel.
#include <gmock/gmock.h>

#include "config/load.h"
#include "config/memory_files.h"
#include "proto/encrypted_dns.h"

namespace keypact::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using enum CpAttributeType;

IpAddress at(std::string_view text) { return *IpAddress::parse(text); }

Result<LoadedConfiguration, std::vector<Diagnostic>> load_text(const std::string& text) {
  MemoryFiles files;
  files.add("swanctl.conf", text);
  return load(files, "swanctl.conf");
}

std::shared_ptr<const Pool> pool(const std::string& body) {
  const auto loaded = load_text("pools { p { " + body + "\n} }");
  return loaded ? loaded->snapshot->pool("p") : nullptr;
}

std::string told(const std::string& body) {
  const auto loaded = load_text("pools { p { " + body + "\n} }");
  std::string text;
  for (const auto& diagnostic : loaded ? loaded->warnings : loaded.error()) text += to_string(diagnostic);
  return text;
}

TEST(Pools, ABlockHasNeitherItsFirstNorItsLastAddress) {
  const auto p = pool("addrs = 10.3.0.0/24");
  ASSERT_NE(p, nullptr);
  EXPECT_EQ(p->base, at("10.3.0.0"));
  EXPECT_EQ(p->first, at("10.3.0.1"));
  EXPECT_EQ(p->last, at("10.3.0.254"));
  const auto six = pool("addrs = 2001:db8::/112");
  ASSERT_NE(six, nullptr);
  EXPECT_EQ(six->first, at("2001:db8::1"));
  EXPECT_EQ(six->last, at("2001:db8::ffff"));
}

TEST(Pools, HostBitsSayWhereABlockBegins) {
  const auto p = pool("addrs = 10.3.0.100/24");
  ASSERT_NE(p, nullptr);
  EXPECT_EQ(p->first, at("10.3.0.100"));
  EXPECT_EQ(p->last, at("10.3.0.254"));
}

TEST(Pools, ARangeIsWholeAndSoAreTheSmallestBlocks) {
  EXPECT_EQ(pool("addrs = 10.3.0.0-10.3.0.3")->first, at("10.3.0.0"));
  EXPECT_EQ(pool("addrs = 10.3.0.0-10.3.0.3")->last, at("10.3.0.3"));
  EXPECT_EQ(pool("addrs = 10.3.0.4/31")->first, at("10.3.0.4"));
  EXPECT_EQ(pool("addrs = 10.3.0.4/31")->last, at("10.3.0.5"));
  EXPECT_EQ(pool("addrs = 10.3.0.4/32")->last, at("10.3.0.4"));
}

TEST(Pools, AttributesHaveTheFormOfTheWire) {
  const auto p = pool(
      "addrs = 10.3.0.0/24\n dns = 10.3.0.1, 2001:db8::53\n nbns = 10.3.0.2\n subnet = 10.1.0.0/16, 2001:db8:1::/48\n"
      "domain = corp.example\n 28672 = hello\n 3 = 10.3.0.9");
  ASSERT_NE(p, nullptr);
  const auto v6 = [](std::string_view text) { return to_octets(at(text).octets()); };
  auto prefix = v6("2001:db8:1::");
  prefix.push_back(48);
  EXPECT_THAT(
      p->attributes,
      ElementsAre(PoolAttribute{INTERNAL_IP4_DNS, {10, 3, 0, 1}}, PoolAttribute{INTERNAL_IP6_DNS, v6("2001:db8::53")},
                  PoolAttribute{INTERNAL_IP4_NBNS, {10, 3, 0, 2}},
                  PoolAttribute{INTERNAL_IP4_SUBNET, {10, 1, 0, 0, 255, 255, 0, 0}},
                  PoolAttribute{INTERNAL_IP6_SUBNET, prefix},
                  PoolAttribute{INTERNAL_DNS_DOMAIN, to_octets(as_octets("corp.example"))},
                  PoolAttribute{static_cast<CpAttributeType>(28672), to_octets(as_octets("hello"))},
                  PoolAttribute{INTERNAL_IP4_DNS, {10, 3, 0, 9}}));
}

/// RFC 9464: the first one is asked first, and each family has an attribute of its own.
TEST(Pools, TellOfNameServersThatAreAskedEncrypted) {
  const auto p = pool(
      "addrs = 10.3.0.0/24\n encrypted_dns = dns.corp.example 10.3.0.53 2001:db8::53, b.example 10.3.0.54 doh doq "
      "port=8443");
  ASSERT_NE(p, nullptr);
  std::vector<std::string> servers;
  for (const auto& attribute : p->attributes) {
    const auto family = attribute.type == ENCDNS_IP4 ? IpFamily::v4 : IpFamily::v6;
    const auto server = encrypted_dns_in(attribute.value, family);
    ASSERT_TRUE(server);
    servers.push_back(std::to_string(server->priority) + " " + to_string(*server));
  }
  EXPECT_THAT(servers, ElementsAre("1 dns.corp.example 10.3.0.53 dot", "1 dns.corp.example 2001:db8::53 dot",
                                   "2 b.example 10.3.0.54 h2 doq port=8443 path=/dns-query{?dns}"));
  for (const auto* wrong : {"dns.corp.example", "10.3.0.53", "dns.corp.example 10.3.0.53 tls",
                            "a.example 10.3.0.53 port=0", "a.example 10.3.0.53 path=dns",
                            "a.example 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 "
                            "1.1.1.7 1.1.1.8 1.1.1.9"})
    EXPECT_EQ(pool("addrs = 10.3.0.0/24\n encrypted_dns = " + std::string(wrong)), nullptr) << wrong;
}

TEST(Pools, SayWhatIsWrongWithThem) {
  EXPECT_THAT(told("dns = 10.3.0.1"), HasSubstr("pools.p has no addresses"));
  EXPECT_THAT(told("addrs = 10.3.0.0/40"), HasSubstr("pools.p.addrs: bad value"));
  EXPECT_THAT(told("addrs = 10.3.0.0/24\n nbns = 2001:db8::1"), HasSubstr("IPv6 has no such attribute"));
  EXPECT_THAT(told("addrs = 10.3.0.0/24\n subnet = 10.1.0.1-10.1.0.5"), HasSubstr("a subnet is a block"));
  EXPECT_THAT(told("addrs = 10.3.0.0/24\n domain = no such"), HasSubstr("expected the name of a domain"));
  std::string many = "addrs = 10.3.0.0/24\n dns = 10.3.0.1";
  for (int i = 0; i < 60; ++i) many += ", 10.3.0." + std::to_string(i);
  EXPECT_THAT(told(many), HasSubstr("has more than 48 attributes"));
}

TEST(Pools, AConnectionNamesThemAndAClientWhatItWants) {
  const auto loaded = load_text(
      "connections { gw { local_addrs = 192.0.2.1\n vips = 0.0.0.0, ::\n pools = one, two\n local { auth = psk }\n"
      "remote { auth = psk } } }\nsecrets { ike-1 { secret = x } }");
  ASSERT_TRUE(loaded.has_value());
  const auto connection = loaded->snapshot->connection("gw");
  EXPECT_THAT(connection->vips, ElementsAre(at("0.0.0.0"), at("::")));
  EXPECT_THAT(connection->pools, ElementsAre("one", "two"));
}

}  // namespace
}  // namespace keypact::config
