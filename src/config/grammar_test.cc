// The grammars of single values. The outcomes marked "strongSwan" are those of charon 5.9.8, to which swanctl loaded each value.
#include <gtest/gtest.h>

#include "config/address_grammar.h"
#include "config/identity_grammar.h"
#include "config/secret_grammar.h"
#include "config/selector_grammar.h"
#include "config/suggestion.h"

namespace keypact::config {
namespace {

TEST(ValueGrammar, ReadsBooleansWithoutRegardToCase) {
  for (const char* yes : {"yes", "YES", "true", "Enabled", "1"}) EXPECT_EQ(parse_boolean(yes), true) << yes;
  for (const char* no : {"no", "false", "disabled", "0"}) EXPECT_EQ(parse_boolean(no), false) << no;
  for (const char* wrong : {"on", "off", "2", "", "yes "}) EXPECT_FALSE(parse_boolean(wrong)) << wrong;
}

TEST(ValueGrammar, ReadsNumbersInThreeBases) {
  EXPECT_EQ(parse_number("500", 65535), 500u);
  EXPECT_EQ(parse_number("0x1f4", 65535), 500u);
  EXPECT_EQ(parse_number("010", 65535), 8u);  // strongSwan
  EXPECT_EQ(parse_number("0", 65535), 0u);
  EXPECT_EQ(parse_number("18446744073709551615", UINT64_MAX), UINT64_MAX);
  for (const char* wrong : {"", "65536", "-1", "+1", "08", "0x", "1 ", "1.5", "18446744073709551616"})
    EXPECT_FALSE(parse_number(wrong, 65535)) << wrong;
}

TEST(ValueGrammar, ReadsTimes) {
  const std::pair<const char*, Duration> rows[] = {
      {"10s", seconds(10)},  {"10", seconds(10)},          {"1 m", minutes(1)}, {"1H", hours(1)},
      {"1d", hours(24)},     {"0x10", seconds(16)},        {" 1 h ", hours(1)}, {"0s", seconds(0)},
      {"0x1d", seconds(29)}, {"36600d", hours(24 * 36600)}};
  for (const auto& [text, time] : rows) EXPECT_EQ(parse_time(text), time) << text;
  for (const char* wrong : {"", "s", "1w", "1.5h", "1m30s", "5hours", "-1", "36601d", "99999999999999999999"})
    EXPECT_FALSE(parse_time(wrong)) << wrong;
}

TEST(ValueGrammar, ReadsAmounts) {
  EXPECT_EQ(parse_octet_count("1k"), 1024u);
  EXPECT_EQ(parse_octet_count("1 M"), 1048576u);
  EXPECT_EQ(parse_octet_count("2G"), 2147483648u);
  EXPECT_EQ(parse_octet_count("7"), 7u);
  for (const char* wrong : {"1t", "k", "", "20000000000g"}) EXPECT_FALSE(parse_octet_count(wrong)) << wrong;
  EXPECT_EQ(parse_dscp("101110"), 0x2e);
  EXPECT_FALSE(parse_dscp("46"));
}

TEST(AddressGrammar, ReadsAddressesBlocksRangesAndNames) {
  const auto matches = [](const char* text, const char* address) {
    const auto pattern = parse_address_pattern(text);
    return pattern && pattern->matches(*IpAddress::parse(address));
  };
  EXPECT_TRUE(matches("%any", "192.0.2.1") && matches("%any", "2001:db8::1"));
  EXPECT_TRUE(matches("%any4", "192.0.2.1") && !matches("%any4", "2001:db8::1"));
  EXPECT_TRUE(matches("0.0.0.0", "192.0.2.1") && !matches("::", "192.0.2.1") && matches("::", "2001:db8::1"));
  EXPECT_TRUE(matches("192.0.2.1", "192.0.2.1") && !matches("192.0.2.1", "192.0.2.2"));
  EXPECT_TRUE(matches("10.0.0.0/8", "10.255.255.255") && !matches("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(matches("10.0.0.1-10.0.0.4", "10.0.0.4") && !matches("10.0.0.1 - 10.0.0.4", "10.0.0.5"));
  EXPECT_TRUE(parse_address_pattern("192.0.2.1")->is_single());
  const auto name = parse_address_pattern("gw-1.example.org");
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->kind, AddressPattern::Kind::name);
  EXPECT_FALSE(name->matches(*IpAddress::parse("192.0.2.1")));
}

TEST(AddressGrammar, RefusesWhatStrongSwanTakesForAName) {
  for (const char* wrong : {"10.0.0.256", "10.0.0.0/40", "10.0.0.9-10.0.0.1", "foo bar", "%config", "a..b", "",
                            "fe80::1::2", "10.0.0.0/08", "10.0.0.1-fe80::1"})
    EXPECT_FALSE(parse_address_pattern(wrong)) << wrong;
}

struct SelectorRow {
  const char* text;
  const char* meaning;
};

class Selectors : public testing::TestWithParam<SelectorRow> {};

TEST_P(Selectors, AreReadAsStrongSwanReadsThem) {
  const auto parsed = parse_selector(GetParam().text);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().why;
  EXPECT_TRUE(parsed->selector.selector.is_valid());
  EXPECT_EQ((parsed->selector.dynamic ? "dynamic " : "") + parsed->selector.selector.to_string(), GetParam().meaning);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Selectors,
    testing::Values(
        SelectorRow{"10.0.0.0/8", "10.0.0.0/8"}, SelectorRow{"10.1.2.3/8", "10.0.0.0/8"},
        SelectorRow{"10.0.0.1", "10.0.0.1/32"}, SelectorRow{"10.0.0.1-10.0.0.9", "10.0.0.1..10.0.0.9"},
        SelectorRow{"dynamic", "dynamic 0.0.0.0/32"}, SelectorRow{"dynamic[tcp/80]", "dynamic 0.0.0.0/32[tcp/80]"},
        SelectorRow{"10.0.0.0/8[tcp]", "10.0.0.0/8[tcp]"}, SelectorRow{"10.0.0.0/8[tcp/http]", "10.0.0.0/8[tcp/80]"},
        SelectorRow{"10.0.0.0/8[6/80-90]", "10.0.0.0/8[tcp/80-90]"}, SelectorRow{"10.0.0.0/8[TCP]", "10.0.0.0/8[tcp]"},
        SelectorRow{"10.0.0.0/8[udp/opaque]", "10.0.0.0/8[udp/opaque]"},
        SelectorRow{"10.0.0.0/8[udp/any]", "10.0.0.0/8[udp]"}, SelectorRow{"10.0.0.0/8[icmp/8]", "10.0.0.0/8[icmp/8]"},
        SelectorRow{"10.0.0.0/8[icmp/8-13]", "10.0.0.0/8[icmp/8-13]"},
        SelectorRow{"10.0.0.0/8[icmp/3-2304]", "10.0.0.0/8[icmp/3(0)-9(0)]"},
        SelectorRow{"fd00::/8[ipv6-icmp/32768]", "fd00::/8[ipv6-icmp/128(0)]"},
        SelectorRow{"10.0.0.0/8[icmp/2048]", "10.0.0.0/8[icmp/8(0)]"},
        SelectorRow{"fd00::/8[ipv6-icmp]", "fd00::/8[ipv6-icmp]"}, SelectorRow{"10.0.0.0/8[255]", "10.0.0.0/8[255]"},
        SelectorRow{"10.0.0.0/8[0]", "10.0.0.0/8"}, SelectorRow{"10.0.0.0/8[]", "10.0.0.0/8"},
        SelectorRow{"10.0.0.0/8 [tcp]", "10.0.0.0/8[tcp]"}, SelectorRow{"10.0.0.0/8[any/any]", "10.0.0.0/8"},
        SelectorRow{"0.0.0.0/0", "0.0.0.0/0"}, SelectorRow{"::/0", "::/0"},
        SelectorRow{"fd00::1-fd00::9", "fd00::1..fd00::9"}, SelectorRow{"1.2.3.4 - 1.2.3.9", "1.2.3.4..1.2.3.9"},
        SelectorRow{"1.2.3.4[gre]", "1.2.3.4/32[gre]"}, SelectorRow{"10.0.0.0/8[tcp/0]", "10.0.0.0/8[tcp/0]"},
        SelectorRow{"10.0.0.0/8[udp/ipsec-nat-t]", "10.0.0.0/8[udp/4500]"}));

TEST(SelectorGrammar, NamesTheWrongPart) {
  const std::pair<const char*, const char*> rows[] = {{"10.0.0.0/33", "10.0.0.0/33"},
                                                      {"10.0.0.9-10.0.0.1", "10.0.0.9-10.0.0.1"},
                                                      {"10.0.0.0/8[icmq]", "icmq"},
                                                      {"10.0.0.0/8[256]", "256"},
                                                      {"10.0.0.0/8[tcp/65536]", "65536"},
                                                      {"10.0.0.0/8[udp/90-80]", "90-80"},
                                                      {"10.0.0.0/8[tcp/80", "[tcp/80"},
                                                      {"10.0.0.0/8[tcp/80]x", "[tcp/80]x"},
                                                      {"10.0.0.0/8[/80]", "/80"},
                                                      {"10.0.0.0/255.0.0.0", "10.0.0.0/255.0.0.0"},
                                                      {"foo.example.org", "foo.example.org"},
                                                      {"10.0/16", "10.0"},
                                                      {"%dynamic", "%dynamic"},
                                                      {"10.0.0.0/8[tcp/ssh-htpp]", "htpp"},
                                                      {"10.0.0.0/8[%any]", "%any"}};
  for (const auto& [text, part] : rows) {
    const auto parsed = parse_selector(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().part, part);
  }
  EXPECT_TRUE(parse_selector("10.1.2.3/8")->had_host_bits);
  EXPECT_FALSE(parse_selector("10.0.0.0/8")->had_host_bits);
}

struct IdentityRow {
  const char* text;
  const char* meaning;
};

class Identities : public testing::TestWithParam<IdentityRow> {};

TEST_P(Identities, AreReadAsStrongSwanReadsThem) {
  const auto parsed = parse_identity(GetParam().text);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().why;
  EXPECT_EQ(parsed->any ? "%any" : to_string(parsed->identity.type) + ' ' + parsed->to_string(), GetParam().meaning);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Identities,
    testing::Values(IdentityRow{"10.0.0.1", "ID_IPV4_ADDR 10.0.0.1"}, IdentityRow{"fd00::1", "ID_IPV6_ADDR fd00::1"},
                    IdentityRow{"foo.example.org", "ID_FQDN foo.example.org"}, IdentityRow{"foo", "ID_FQDN foo"},
                    IdentityRow{"a@b.c", "ID_RFC822_ADDR a@b.c"}, IdentityRow{"@foo", "ID_FQDN foo"},
                    IdentityRow{"@#616263", "ID_KEY_ID ID_KEY_ID:abc"},
                    IdentityRow{"@@user@host", "ID_RFC822_ADDR user@host"}, IdentityRow{"%any", "%any"},
                    IdentityRow{"*", "%any"}, IdentityRow{"0.0.0.0", "%any"}, IdentityRow{"::", "%any"},
                    IdentityRow{"*@x.org", "ID_RFC822_ADDR *@x.org"}, IdentityRow{"*.x.org", "ID_FQDN *.x.org"},
                    IdentityRow{"fqdn:foo", "ID_FQDN foo"}, IdentityRow{"dns:x", "ID_FQDN x"},
                    IdentityRow{"KEYID:abc", "ID_KEY_ID ID_KEY_ID:abc"},
                    IdentityRow{"keyid:#616263", "ID_KEY_ID ID_KEY_ID:abc"},
                    IdentityRow{"ipv4:#0a000001", "ID_IPV4_ADDR 10.0.0.1"},
                    IdentityRow{"email:x@y", "ID_RFC822_ADDR x@y"}, IdentityRow{"userfqdn:a", "ID_RFC822_ADDR a"},
                    IdentityRow{"{11}:abc", "ID_KEY_ID ID_KEY_ID:abc"}, IdentityRow{"{2}:#6161", "ID_FQDN aa"},
                    IdentityRow{"asn1dn:#3000", "ID_DER_ASN1_DN ID_DER_ASN1_DN:3000"},
                    IdentityRow{"c=CH,O=x, cn=*", "ID_DER_ASN1_DN C=CH, O=x, CN=*"},
                    IdentityRow{"/C=CH/CN=a b", "ID_DER_ASN1_DN C=CH, CN=a b"},
                    IdentityRow{"asn1dn:CN=foo", "ID_DER_ASN1_DN CN=foo"}, IdentityRow{"a/b", "ID_FQDN a/b"},
                    IdentityRow{"building:4", "ID_KEY_ID ID_KEY_ID:building:4"}));

TEST(IdentityGrammar, RefusesWhatItDoesNotUnderstand) {
  for (const char* wrong :
       {"C=CH, XY=x", "CN=", "CN=a\\q", "ipv4:10.0.0.1", "ipv6:#00", "asn1dn:x", "asn1gn:x", "fqdn:*", "fqdn:", "@",
        "foo*bar", "fqdn:^foo$", "fqdn:#zz", "{300}:x", "10.0.0.0/24", "fqnd:foo", "@#6", "fqdn:#00"})
    EXPECT_FALSE(parse_identity(wrong)) << wrong;
  EXPECT_EQ(parse_identity("fqnd:foo").error().remedy, "did you mean \"fqdn\"?");
}

TEST(IdentityGrammar, A19_TextsOf64KiBAreErrors) {
  const std::string dn = "CN=" + std::string(65000, 'x');
  for (const auto& text : {dn, "asn1dn:#" + std::string(65000, '3'), std::string(65535, '@'), std::string(65535, '='),
                           std::string(65535, ':'), "keyid:" + std::string(65000, 'k'), std::string(65535, '\\')})
    EXPECT_FALSE(parse_identity(text)) << text.substr(0, 10);
}

TEST(SecretGrammar, ReadsTextHexadecimalAndBase64) {
  const auto text = [](const char* secret) { return std::string(as_text(parse_secret(secret)->reveal())); };
  EXPECT_EQ(text("swordfish"), "swordfish");
  EXPECT_EQ(text("0x666f6F"), "foo");
  // The test vectors of RFC 4648.
  EXPECT_EQ(text("0sZm9vYmFy"), "foobar");
  EXPECT_EQ(text("0sZm9vYmE="), "fooba");
  EXPECT_EQ(text("0sZm9vYg=="), "foob");
  EXPECT_EQ(text("0sZm9vYg"), "foob");
  EXPECT_EQ(text("0s"), "");
  for (const char* wrong : {"0x6", "0xgg", "0sZm9vY", "0sZm9v!mFy", "0sZm9vYmE==", "0sZg===", "0sZ"})
    EXPECT_FALSE(parse_secret(wrong)) << wrong;
}

TEST(SecretGrammar, G02_SaysWhichPreSharedKeysCanBeGuessed) {
  const auto weak = [](std::string_view key) { return weakness_of(as_octets(key)).has_value(); };
  EXPECT_TRUE(weak("swordfish"));
  EXPECT_TRUE(weak("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
  EXPECT_TRUE(weak(""));
  EXPECT_FALSE(weak("gJ3kP0aQ7mVx2LrT"));
}

TEST(Suggestion, IsTheNearestWordAndNothingFar) {
  const std::vector<std::string_view> words = {"version", "remote_addrs", "rekey_time", "encap"};
  EXPECT_EQ(nearest("versoin", words), "version");
  EXPECT_EQ(nearest("Version", words), "version");
  EXPECT_EQ(nearest("remote_addr", words), "remote_addrs");
  EXPECT_EQ(nearest("rekeytime", words), "rekey_time");
  EXPECT_FALSE(nearest("left", words));
  EXPECT_FALSE(nearest("", words));
  EXPECT_FALSE(nearest(std::string(100'000, 'v'), words));
}

}  // namespace
}  // namespace keypact::config
