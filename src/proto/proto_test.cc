#include <gtest/gtest.h>

#include "proto/identification.h"
#include "proto/notify_type.h"
#include "proto/proposal.h"
#include "proto/spi.h"
#include "proto/traffic_selector.h"

namespace keypact {
namespace {

TrafficSelector ts(const char* first, const char* last, std::uint8_t protocol = 0, PortRange ports = {}) {
  return {*IpAddress::parse(first), *IpAddress::parse(last), protocol, ports};
}

TEST(Registry, NamesWhatIsRegisteredAndNumbersTheRest) {
  EXPECT_EQ(to_string(ExchangeType::IKE_SA_INIT), "IKE_SA_INIT");
  EXPECT_EQ(to_string(static_cast<ExchangeType>(200)), "ExchangeType(200)");
  EXPECT_EQ(static_cast<int>(NotifyType::IKE_SA_INIT_FULL_TRANSCRIPT_AUTH), 16447);
  EXPECT_TRUE(is_error(NotifyType::NO_PROPOSAL_CHOSEN));
  EXPECT_FALSE(is_error(NotifyType::COOKIE));
}

TEST(Spi, PrintsAllItsDigits) {
  EXPECT_EQ(to_string(IkeSpi{0xab}), "00000000000000ab");
  EXPECT_EQ(to_string(EspSpi{0xc0ffee}), "00c0ffee");
}

TEST(Proposal, PrintsTypesInTheOrderGiven) {
  const Proposal proposal{
      ProtocolId::IKE,
      {encryption(EncryptionId::ENCR_AES_GCM_16, 256), encryption(EncryptionId::ENCR_AES_GCM_16, 128),
       prf(PrfId::PRF_HMAC_SHA2_256), key_exchange(KeyExchangeMethod::CURVE25519)}};
  EXPECT_EQ(to_string(proposal), "IKE: ENCR_AES_GCM_16-256|ENCR_AES_GCM_16-128 / PRF_HMAC_SHA2_256 / CURVE25519");
  EXPECT_EQ(proposal.of_type(TransformType::ENCR).size(), 2u);
  EXPECT_FALSE(proposal.has_type(TransformType::INTEG));
}

TEST(TrafficSelector, IntersectsAddressesProtocolsAndPorts) {
  const auto both =
      intersection(ts("10.0.0.0", "10.0.255.255", 6, PortRange{0, 1023}), ts("10.0.1.0", "10.0.1.255", 0));
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(both->to_string(), "10.0.1.0/24[tcp/0-1023]");
  EXPECT_FALSE(intersection(ts("10.0.0.0", "10.0.0.9"), ts("10.0.0.10", "10.0.0.20")).has_value());
  EXPECT_FALSE(intersection(ts("10.0.0.0", "10.0.0.9", 6), ts("10.0.0.0", "10.0.0.9", 17)).has_value());
  EXPECT_FALSE(intersection(ts("10.0.0.0", "10.0.0.9"), ts("::", "::9")).has_value());
}

TEST(TrafficSelector, TakesOpaqueAsAValueThatOnlyAnyCovers) {
  const auto opaque = ts("10.0.0.0", "10.0.0.9", 17, PortRange::opaque());
  EXPECT_TRUE(opaque.is_valid());
  EXPECT_TRUE(ts("10.0.0.0", "10.0.0.9", 17).contains(opaque));
  EXPECT_FALSE(intersection(opaque, ts("10.0.0.0", "10.0.0.9", 17, PortRange::single(53))).has_value());
}

TEST(TrafficSelector, KnowsWhatIsInvalid) {
  EXPECT_FALSE(ts("10.0.0.9", "10.0.0.0").is_valid());
  EXPECT_FALSE(ts("10.0.0.0", "10.0.0.9", 6, PortRange{9, 8}).is_valid());
  EXPECT_FALSE(ts("10.0.0.0", "10.0.0.9", 0, PortRange::single(5)).is_valid());
}

TEST(TrafficSelector, SetIntersectionDropsWhatAnotherSelectorContains) {
  const auto found = intersection({ts("10.0.0.0", "10.0.255.255"), ts("10.0.1.0", "10.0.1.255")},
                                  {ts("10.0.1.0", "10.0.1.255"), ts("10.0.1.0", "10.0.1.255", 6)});
  EXPECT_EQ(to_string(found), "10.0.1.0/24");
  EXPECT_TRUE(covers({ts("10.0.0.0", "10.0.255.255")}, found));
  EXPECT_FALSE(covers(found, {ts("10.0.0.0", "10.0.255.255")}));
}

TEST(IdentityPattern, H16_MatchesExactlyWithoutCaseAndByWildcard) {
  const auto exact = IdentityPattern::exactly(Identification::fqdn("Gateway.example.org"));
  EXPECT_TRUE(exact.matches(Identification::fqdn("gateway.EXAMPLE.org")));
  EXPECT_FALSE(exact.matches(Identification::email("gateway.example.org")));
  EXPECT_FALSE(exact.matches(Identification::fqdn(std::string_view("gateway.example.org\0x", 21))));
  const auto wildcard = IdentityPattern::exactly(Identification::fqdn("*.example.org"));
  EXPECT_TRUE(wildcard.matches(Identification::fqdn("a.example.org")));
  EXPECT_FALSE(wildcard.matches(Identification::fqdn("example.org")));
  EXPECT_FALSE(wildcard.matches(Identification::fqdn(".example.org")));
  EXPECT_FALSE(wildcard.matches(Identification::fqdn("a.example.org.evil")));
  EXPECT_TRUE(IdentityPattern::anybody().matches(Identification::of(IpAddress::v4(1, 2, 3, 4))));
}

TEST(Identification, A28_PrintsHostileOctetsEscaped) {
  EXPECT_EQ(Identification::fqdn("a\n%s\x1b[2J").to_string(), "a\\x0a%s\\x1b[2J");
  EXPECT_EQ(Identification::of(*IpAddress::parse("2001:db8::1")).to_string(), "2001:db8::1");
  EXPECT_EQ((Identification{IdType::ID_IPV4_ADDR, {1, 2}}).to_string(), "ID_IPV4_ADDR:0102");
}

}  // namespace
}  // namespace keypact
