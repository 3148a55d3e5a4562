#include "ca/names.h"

#include <gtest/gtest.h>

#include "proto/distinguished_name.h"

namespace keypact::ca {
namespace {

using pki::CertificateUse;

std::string names(CertificateUse use, const WantedNames& wanted) {
  const auto found = alternative_names(use, wanted);
  if (!found) return "refused: " + found.error().why;
  std::string text;
  for (const auto& name : *found) text += to_string(name.type) + "=" + name.to_string() + " ";
  return text;
}

TEST(Names, OfAServerAreItsOwnAndThoseThatAreGiven) {
  EXPECT_EQ(names(CertificateUse::server, {"gw.example.org"}), "ID_FQDN=gw.example.org ");
  EXPECT_EQ(names(CertificateUse::server, {"gw.example.org", {"gw.example.org", "a.example"}, {"2001:db8::1"}}),
            "ID_FQDN=gw.example.org ID_FQDN=a.example ID_IPV6_ADDR=2001:db8::1 ");
  EXPECT_EQ(names(CertificateUse::server, {"The gateway", {"gw.example.org"}}), "ID_FQDN=gw.example.org ");
}

TEST(Names, AnAddressOfAServerIsAlsoANameForWindows) {
  EXPECT_EQ(names(CertificateUse::server, {"192.0.2.1"}), "ID_IPV4_ADDR=192.0.2.1 ID_FQDN=192.0.2.1 ");
}

TEST(Names, OfAClientAreItsMailAddressUnlessOthersAreGiven) {
  EXPECT_EQ(names(CertificateUse::client, {"alice@example.org"}), "ID_RFC822_ADDR=alice@example.org ");
  EXPECT_EQ(names(CertificateUse::client, {"laptop", {}, {}, {"bob@example.org"}}), "ID_RFC822_ADDR=bob@example.org ");
  EXPECT_EQ(names(CertificateUse::client, {"laptop"}), "ID_FQDN=laptop ");
}

TEST(Names, ThatIkeDoesNotHaveAreRefused) {
  const auto refused = [](CertificateUse use, const WantedNames& wanted) {
    return names(use, wanted).starts_with("refused");
  };
  for (const auto* bad :
       {"", "a b", "-a.example", "a..b", "a.example.", "*.example.org", "gw_1.example", "K\u00f6ln.example"})
    EXPECT_TRUE(refused(CertificateUse::server, {"gw", {bad}})) << bad;
  for (const auto* bad : {"", "0.0.0.0", "192.0.2.256", "192.0.2.0/24"})
    EXPECT_TRUE(refused(CertificateUse::server, {"gw", {}, {bad}})) << bad;
  for (const auto* bad : {"alice", "@example.org", "alice@", "a b@example.org", "alice@ex ample", "a\n@example.org"})
    EXPECT_TRUE(refused(CertificateUse::client, {"c", {}, {}, {bad}})) << bad;
  EXPECT_TRUE(refused(CertificateUse::server, {"alice@example.org"}));
  EXPECT_TRUE(refused(CertificateUse::server, {"gw", {std::string(64, 'a')}}));
  EXPECT_FALSE(refused(CertificateUse::server, {"gw", {std::string(63, 'a')}}));
}

TEST(Names, OfCertificatesCanBeThoseOfFiles) {
  EXPECT_EQ(name_to_text(subject_of("a, b=c+\"d\" <e>").value()),
            name_to_text(name_from_text("CN=a\\, b\\=c\\+\\\"d\\\" \\<e\\>").value()));
  for (const auto* bad : {"", ".", "..", ".hidden", "-rf", "a/b", "a\nb", "a\tb"}) EXPECT_FALSE(subject_of(bad)) << bad;
  EXPECT_TRUE(subject_of(std::string(64, 'x')));
  EXPECT_FALSE(subject_of(std::string(65, 'x')));
}

TEST(Names, OfACaIsAWordOrAWholeName) {
  EXPECT_EQ(name_to_text(subject_of_authority("Example CA").value()), "CN=Example CA");
  EXPECT_EQ(name_to_text(subject_of_authority("C=CH, O=Example, CN=CA").value()), "C=CH, O=Example, CN=CA");
  EXPECT_FALSE(subject_of_authority("nonsense=x"));
  EXPECT_FALSE(subject_of_authority(""));
}

}  // namespace
}  // namespace keypact::ca
