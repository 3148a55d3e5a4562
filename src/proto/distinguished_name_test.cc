#include "proto/distinguished_name.h"

#include <gtest/gtest.h>

namespace keypact {
namespace {

Octets name(std::string_view text) {
  const auto der = name_from_text(text);
  EXPECT_TRUE(der.has_value()) << text << ": " << (der ? "" : der.error().why);
  return der.value_or(Octets{});
}

std::string refusal(std::string_view text) {
  const auto der = name_from_text(text);
  EXPECT_FALSE(der.has_value()) << text;
  return der ? "" : der.error().part + ": " + der.error().why;
}

Octets hex(std::string_view text) { return from_hex(text).value(); }

TEST(DistinguishedName, OfATextIsWhatStrongSwanSends) {
  // C and O as PrintableString, in this order: strongSwan's encoding of the example of its documentation.
  EXPECT_EQ(to_hex(name("C=CH, O=strongSwan, CN=moon")),
            "3031310b300906035504061302434831133011060355040a130a7374726f6e675377616e"
            "310d300b060355040313046d6f6f6e");
  EXPECT_EQ(name("/C=CH/O=strongSwan/CN=moon"), name("C=CH, O=strongSwan, CN=moon"));
  EXPECT_EQ(name("  c = CH,o=strongSwan ,cn=moon"), name("C=CH, O=strongSwan, CN=moon"));
  EXPECT_EQ(name("2.5.4.6=CH"), name("C=CH"));
  EXPECT_EQ(name("E=a@b.org"), name("emailAddress=a@b.org"));
}

TEST(DistinguishedName, PrintsWhatItReads) {
  for (const char* text : {"C=CH, O=strongSwan, CN=moon", "CN=a\\,b", "CN=a\\\\b", "CN=\\ x\\ ", "CN=\\#x", "CN=a\\2bb",
                           "CN=\\c3\\a4", "DC=org, DC=strongswan", "E=moon@strongswan.org", "1.2.3.4=x", "CN=a\\\"b",
                           "SN=12, UID=x, ST=ZH, L=Z, OU=Research, STREET=a, G=b, S=c, N=d, I=e, T=f, D=g"}) {
    const auto der = name(text);
    EXPECT_EQ(name(name_to_text(der)), der) << name_to_text(der);
  }
  EXPECT_EQ(name_to_text(name("CN=a\\,b")), "CN=a\\,b");
  EXPECT_EQ(name_to_text(hex("0102")), "0102") << "what is no name";
  EXPECT_EQ(name_to_text({}), "");
}

TEST(DistinguishedName, A19_texts_that_are_refused) {
  EXPECT_EQ(refusal("moon"), "moon: a member of a distinguished name is written TYPE=value");
  EXPECT_EQ(refusal("XY=moon"), "XY: it is no type of a distinguished name, such as C, ST, L, O, OU, CN, E, DC");
  EXPECT_EQ(refusal("CN="), "CN=: the value is empty");
  EXPECT_EQ(refusal("CN=a, "), " : a member of a distinguished name is written TYPE=value");
  EXPECT_EQ(refusal("CN=a\\q"), "CN=a\\q: after \\ stands one of , + \" \\ < > ; = # / or two hexadecimal digits");
  EXPECT_EQ(refusal("CN=a\\00b"), "CN=a\\00b: there is a NUL in the value");
  refusal("CN=a\\");
  refusal("CN=\\ff");
  refusal("");
  refusal("/");
  refusal("999999999999.1=a");
  refusal("CN=" + std::string(65536, 'a'));
  refusal("CN=" + std::string(4001, '\\'));
  std::string many = "CN=a";
  for (int i = 0; i < 64; ++i) many += ",CN=a";
  refusal(many);
}

TEST(DistinguishedName, A17_is_the_same_as_no_truncation_of_it) {
  const auto der = name("C=CH, O=strongSwan, CN=moon.strongswan.org");
  EXPECT_TRUE(same_name(der, der));
  for (std::size_t size = 0; size < der.size(); ++size) {
    const auto part = std::span(der).first(size);
    EXPECT_FALSE(same_name(der, part)) << size;
    EXPECT_FALSE(name_matches(der, part)) << size;
    EXPECT_FALSE(same_name(part, part)) << size;
    static_cast<void>(name_to_text(part));
  }
  auto longer = der;
  longer.push_back(0);
  EXPECT_FALSE(same_name(der, longer));
  EXPECT_FALSE(same_name(hex("3000"), hex("3000"))) << "an empty name says nobody";
  EXPECT_FALSE(same_name(der, hex("30023100")));
  EXPECT_FALSE(same_name(der, hex("300531033001ff")));
}

// RFC 5280 §7.1.
TEST(DistinguishedName, SameWithoutStringTypesCaseAndRunsOfBlanks) {
  EXPECT_TRUE(same_name(name("O=Strong  Swan, CN=MOON"), name("O=strong swan, CN=moon")));
  // CN=moon as PrintableString, UTF8String, BMPString.
  const auto printable = hex("300f310d300b060355040313046d6f6f6e");
  EXPECT_TRUE(same_name(printable, hex("300f310d300b06035504030c046d6f6f6e")));
  EXPECT_TRUE(same_name(printable, hex("30133111300f06035504031e08006d006f006f006e")));
  EXPECT_FALSE(same_name(name("CN=moon"), name("CN=moo n")));
  EXPECT_FALSE(same_name(name("CN=moon"), name("OU=moon")));
  EXPECT_FALSE(same_name(name("C=CH, CN=moon"), name("CN=moon, C=CH")));
  EXPECT_FALSE(same_name(name("C=CH, CN=moon"), name("C=CH, CN=moon, CN=moon")));
  EXPECT_FALSE(same_name(name("CN=moon"), hex("301431123010060355040313096d6f6f6e0073756e78"))) << "NUL within";
}

TEST(DistinguishedName, PatternsHaveALoneStar) {
  const auto moon = name("C=CH, O=strongSwan, CN=moon");
  EXPECT_TRUE(name_matches(name("C=CH, O=strongSwan, CN=*"), moon));
  EXPECT_TRUE(name_matches(name("C=*, O=*, CN=*"), moon));
  EXPECT_TRUE(name_matches(name("C=ch, O=STRONGSWAN, CN=Moon"), moon));
  EXPECT_FALSE(name_matches(name("C=CH, O=strongSwan, CN=m*"), moon)) << "only alone";
  EXPECT_FALSE(name_matches(name("C=CH, CN=*"), moon)) << "another number";
  EXPECT_FALSE(name_matches(name("C=CH, CN=*, O=strongSwan"), moon)) << "another order";
  EXPECT_FALSE(name_matches(name("C=DE, O=strongSwan, CN=*"), moon));
  EXPECT_FALSE(name_matches(moon, name("C=CH, O=strongSwan, CN=*"))) << "the star of a peer is a star";
  EXPECT_TRUE(has_wildcard(name("CN=*")));
  EXPECT_FALSE(has_wildcard(moon));
  EXPECT_FALSE(has_wildcard({}));
}

}  // namespace
}  // namespace keypact
