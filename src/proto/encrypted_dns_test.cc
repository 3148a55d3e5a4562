#include "proto/encrypted_dns.h"

#include <gtest/gtest.h>

namespace keypact {
namespace {

// Priority 1, one address, 18 octets of name; 10.3.0.53; dns.corp.example.; alpn = dot, port = 8853.
constexpr auto kPlain = "0001 01 12 0a030035 03646e7304636f7270076578616d706c6500 00010004 03646f74 00030002 2295";

std::optional<EncryptedDns> read(std::string_view hex, IpFamily family = IpFamily::v4) {
  return encrypted_dns_in(*from_hex(hex), family);
}
std::string replaced(std::string text, std::string_view what, std::string_view with) {
  return text.replace(text.find(what), what.size(), with);
}

TEST(EncryptedDns, IsReadAndWrittenAsTheRfcDrawsIt) {
  const auto server = read(kPlain);
  ASSERT_TRUE(server);
  EXPECT_EQ(to_string(*server), "dns.corp.example 10.3.0.53 dot port=8853");
  EXPECT_TRUE(server->speaks("dot"));
  EXPECT_FALSE(server->speaks("do"));
  EXPECT_EQ(attribute_value(*server, IpFamily::v4), from_hex(kPlain));
  EXPECT_EQ(attribute_value(*server, IpFamily::v6), std::nullopt);
}

TEST(EncryptedDns, HasTheAddressesOfItsFamily) {
  EncryptedDns server{
      2,  "dns.example",     {*IpAddress::parse("10.3.0.53"), *IpAddress::parse("2001:db8::53")}, {"h2"},
      {}, "/dns-query{?dns}"};
  const auto four = encrypted_dns_in(*attribute_value(server, IpFamily::v4), IpFamily::v4);
  const auto six = encrypted_dns_in(*attribute_value(server, IpFamily::v6), IpFamily::v6);
  ASSERT_TRUE(four && six);
  EXPECT_EQ(to_string(*four), "dns.example 10.3.0.53 h2 path=/dns-query{?dns}");
  EXPECT_EQ(to_string(*six), "dns.example 2001:db8::53 h2 path=/dns-query{?dns}");
  EXPECT_EQ(six->priority, 2);
}

TEST(EncryptedDns, A21_IsPassedOverWhenItBreaksARule) {
  const std::string plain(kPlain);
  for (const auto& [what, with] :
       {std::pair{"0001 01", "0000 01"},                   // AliasMode
        std::pair{"0001 01", "0001 00"},                   // without an address
        std::pair{"0001 01", "0001 09"},                   // more than are there
        std::pair{"12 0a", "11 0a"},                       // a name that is cut
        std::pair{"12 0a", "00 0a"},                       // no name
        std::pair{"03646e73", "03642e73"},                 // a dot in a label
        std::pair{"03646e73", "03646073"},                 // no letter
        std::pair{"03646e73", "c0646e73"},                 // compressed
        std::pair{"00010004", "00010005"},                 // overruns
        std::pair{"03646f74", "04646f74"},                 // within it too
        std::pair{"03646f74", "00646f74"},                 // an empty id
        std::pair{"00030002", "00010002"},                 // a key twice
        std::pair{"00030002 2295", "00030002 0000"},       // port 0
        std::pair{"00030002 2295", "00030003 229500"},     // more than a port
        std::pair{"00010004 03646f74", ""},                // by what protocol?
        std::pair{"00010004", "00000002 0063 00010004"}})  // a mandatory key that nobody knows
    EXPECT_EQ(read(replaced(plain, what, with)), std::nullopt) << what << " by " << with;
  EXPECT_EQ(read(kPlain, IpFamily::v6), std::nullopt);
  const auto octets = *from_hex(kPlain);
  for (std::size_t size = 0; size < octets.size(); ++size) {
    const auto cut = encrypted_dns_in(OctetView(octets).first(size), IpFamily::v4);
    EXPECT_EQ(cut.has_value(), size == octets.size() - 6) << size;  // without the port it is whole
  }
}

TEST(EncryptedDns, KeepsWhatItDoesNotKnowAndNeedNotOutOfTheWay) {
  const auto more = read(std::string(kPlain) + "00630003 aabbcc");
  ASSERT_TRUE(more);
  EXPECT_EQ(to_string(*more), "dns.corp.example 10.3.0.53 dot port=8853");
  EXPECT_TRUE(read(replaced(kPlain, "00010004", "00000002 0003 00010004")));
}

}  // namespace
}  // namespace keypact
