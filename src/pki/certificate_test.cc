#include "pki/certificate.h"

#include <algorithm>

#include "pki/pkcs12.h"
#include "pki/test_authority.h"
#include "pki/test_vectors.h"

namespace keypact::pki {
namespace {

using Kind = CertificateError::Kind;

Certificate moon() { return Certificate::from_der(as_octets(read_data("pki/moon.der"))).value(); }

Octets spliced(Octets octets, std::string_view from_hex_text, std::string_view to_hex_text) {
  const auto from = from_hex(from_hex_text).value();
  const auto to = from_hex(to_hex_text).value();
  const auto found = std::search(octets.begin(), octets.end(), from.begin(), from.end());
  EXPECT_NE(found, octets.end());
  if (found != octets.end()) std::copy(to.begin(), to.end(), found);
  return octets;
}

TEST(Certificate, SaysWhatIsInIt) {
  const auto certificate = moon();
  EXPECT_EQ(certificate.subject(), "C=CH, O=strongSwan, CN=moon.strongswan.org");
  EXPECT_EQ(certificate.issuer(), "C=CH, O=strongSwan, CN=strongSwan Root CA");
  EXPECT_EQ(to_hex(certificate.serial()), "0102030405");
  EXPECT_EQ(certificate.not_after() - certificate.not_before(), 36500 * kDay);
  EXPECT_FALSE(certificate.is_ca());
  EXPECT_FALSE(certificate.is_self_issued());
  EXPECT_EQ(to_hex(certificate.subject_key_id()), to_hex(certificate.public_key().key_id()));
  EXPECT_EQ(certificate.public_key(), PublicKey::from_pem(read_data("pki/rsa.public.pem")).value());
  std::vector<std::string> names;
  for (const auto& name : certificate.alternative_names()) names.push_back(name.to_string());
  EXPECT_EQ(names,
            (std::vector<std::string>{"moon.strongswan.org", "moon@strongswan.org", "192.0.2.1", "2001:db8::1"}));
  EXPECT_EQ(certificate.alternative_names()[1].type, IdType::ID_RFC822_ADDR);
}

TEST(Certificate, ReadsAllOfAText) {
  const auto both = Certificate::from_pem(read_data("pki/both.pem"));
  ASSERT_TRUE(both.has_value());
  ASSERT_EQ(both->size(), 2u);
  EXPECT_EQ((*both)[0], moon());
  EXPECT_TRUE((*both)[1].is_ca());
  EXPECT_TRUE((*both)[1].is_self_issued());
  EXPECT_EQ(to_hex((*both)[1].subject_key_id()), to_hex((*both)[1].public_key().key_id()));
  EXPECT_EQ(Certificate::from_pem("nothing").error().kind, Kind::none_in_text);
  EXPECT_EQ(Certificate::from_pem(read_data("pki/rsa.pkcs8.pem")).error().kind, Kind::none_in_text);
  EXPECT_EQ(Certificate::from_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").error().kind,
            Kind::malformed);
  std::string many;
  for (int i = 0; i < 1025; ++i) many += read_data("pki/ca.pem");
  EXPECT_EQ(Certificate::from_pem(many).error().kind, Kind::too_many);
}

TEST(Certificate, RefusesEachTruncationAndTrailingOctets) {
  const auto der = read_data("pki/moon.der");
  for (std::size_t size = 0; size < der.size(); ++size)
    ASSERT_FALSE(Certificate::from_der(as_octets(der).first(size)).has_value()) << size;
  EXPECT_EQ(Certificate::from_der(as_octets(der + '\0')).error().kind, Kind::trailing_octets);
  EXPECT_EQ(Certificate::from_der(as_octets(der + der)).error().sentence(), "octets follow the certificate");
  EXPECT_EQ(Certificate::from_der(Octets(kCertificateOctets + 1, 0x30)).error().kind, Kind::too_long);
}

TEST(Certificate, E08_no_octet_that_is_changed_does_harm) {
  const auto der = to_octets(read_data("pki/moon.der"));
  for (std::size_t at = 0; at < der.size(); ++at)
    for (const std::uint8_t value : Octets{0x00, 0x80, 0xff}) {
      auto changed = der;
      changed[at] = value;
      const auto certificate = Certificate::from_der(changed);
      if (certificate) {
        EXPECT_LE(certificate->subject().size(), 2000u);
      }
    }
}

TEST(Certificate, E09_keys_that_are_refused) {
  const auto der = to_octets(read_data("pki/moon.der"));
  const auto error = [](const Octets& octets) { return Certificate::from_der(octets).error(); };
  EXPECT_EQ(error(spliced(der, "0203010001", "0203010000")),
            (CertificateError{Kind::key_refused, KeyError::rsa_exponent_even}));
  EXPECT_EQ(error(spliced(der, "0203010001", "0203810001")),
            (CertificateError{Kind::key_refused, KeyError::malformed}));
  const auto p224 = self_signed({.subject = "CN=x", .key = "P-224"});
  EXPECT_EQ(error(p224.der()), (CertificateError{Kind::key_refused, KeyError::ec_curve_unsupported}));
}

TEST(Certificate, RefusesExtensionsThatAreMalformedOrStandTwice) {
  const auto refused = [](std::vector<std::pair<std::string, std::string>> extensions) {
    const auto made = self_signed({.subject = "CN=x", .extensions = std::move(extensions)});
    const auto certificate = Certificate::from_der(made.der());
    return certificate ? Kind::none_in_text : certificate.error().kind;
  };
  EXPECT_EQ(refused({{"2.5.29.19", "DER:3003010100"}, {"2.5.29.15", "DER:04"}}), Kind::extension_malformed);
  EXPECT_EQ(refused({{"subjectAltName", "DNS:a"}, {"subjectAltName", "DNS:b"}}), Kind::extension_malformed);
  EXPECT_EQ(refused({{"1.2.3.4", "DER:0500"}, {"1.2.3.5", "DER:0500"}, {"1.2.3.4", "DER:0500"}}),
            Kind::extension_malformed);
  EXPECT_EQ(refused({{"2.5.29.17", "DER:3000ff"}}), Kind::extension_malformed);
}

TEST(Certificate, H16_leaves_out_names_that_no_peer_can_mean) {
  // dNSName "a\0b", an empty one, "good"; rfc822Name "x\0@y"; iPAddress of 5 octets.
  const auto made =
      self_signed({.subject = "CN=x",
                   .extensions = {{"2.5.29.17", "DER:301a820361006282008204676f6f6481047800407987050102030405"}}});
  const auto certificate = made.certificate();
  ASSERT_EQ(certificate.alternative_names().size(), 1u);
  EXPECT_EQ(certificate.alternative_names()[0], Identification::fqdn("good"));
}

TEST(Certificate, A20_long_and_unprintable_names_are_cut_and_escaped) {
  std::string subject = "CN=moon\\0a\\1b[31m";
  for (int i = 0; i < 60; ++i) subject += ", OU=" + std::string(60, 'y');
  const auto certificate = self_signed({.subject = subject}).certificate();
  EXPECT_TRUE(certificate.subject().starts_with("CN=moon\\0a\\1b[31m, OU=yyy"));
  EXPECT_TRUE(certificate.subject().ends_with("..."));
  EXPECT_EQ(certificate.subject().size(), 1027u);
  EXPECT_EQ(self_signed({.extensions = {{"subjectAltName", "critical,DNS:a"}}}).certificate().subject(), "");
}

TEST(Certificate, KnowsTheTimeBefore1970AndAfter2049) {
  const auto certificate =
      self_signed({.subject = "CN=x", .not_before = -86400, .not_after = 253402300799}).certificate();
  EXPECT_EQ(certificate.not_before(), -86400);
  EXPECT_EQ(certificate.not_after(), 253402300799);
}

TEST(Pkcs12, HasTheKeyAndItsCertificateFirst) {
  const auto read = [](const char* file, std::string_view passphrase) {
    return Pkcs12::read(Secret::copy_of(as_octets(read_data(std::string("pki/") + file))),
                        Secret::copy_of(as_octets(passphrase)));
  };
  for (const auto& [file, passphrase] : {std::pair("moon.p12", "moon and sun"), std::pair("moon-empty.p12", "")}) {
    const auto content = read(file, passphrase);
    ASSERT_TRUE(content.has_value()) << file << ": " << content.error().sentence();
    ASSERT_EQ(content->certificates.size(), 2u);
    EXPECT_EQ(content->certificates[0], moon());
    ASSERT_TRUE(content->key.has_value());
    EXPECT_TRUE(content->key->matches(moon().public_key()));
  }
  EXPECT_EQ(read("moon.p12", "sun and moon").error().sentence(), "the passphrase does not open the PKCS#12 file");
  EXPECT_EQ(read("moon.p12", "").error().kind, Pkcs12Error::Kind::passphrase_wrong);
  EXPECT_EQ(read("moon-rc2.p12", "moon and sun").error().kind, Pkcs12Error::Kind::encryption_unsupported);
  EXPECT_EQ(read("moon.der", "").error().kind, Pkcs12Error::Kind::malformed);
}

}  // namespace
}  // namespace keypact::pki
