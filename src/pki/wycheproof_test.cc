// Project Wycheproof: tests/data/wycheproof. Each test says how many vectors it ran.
#include "pki/public_key.h"
#include "pki/test_vectors.h"

namespace keypact::pki {
namespace {

using nlohmann::json;

const SignatureScheme& scheme_named(std::string_view name) {
  for (const auto& scheme : signature_schemes())
    if (scheme.name == name) return scheme;
  ADD_FAILURE() << name;
  return signature_schemes().front();
}

void check(const std::string& file, std::string_view scheme, int expected) {
  int ran = 0;
  std::string last;
  std::optional<PublicKey> key;
  for_each_vector(file, [&](const json& group, const json& vector) {
    ++ran;
    const auto& der = group.at("publicKeyDer").get_ref<const std::string&>();
    if (der != last) {
      const auto parsed = PublicKey::from_spki(from_hex(der).value());
      ASSERT_TRUE(parsed.has_value()) << sentence(parsed.error());
      key = *parsed;
      last = der;
    }
    const auto verified = key->verify(scheme_named(scheme), octets_of(vector, "msg"), octets_of(vector, "sig"));
    // "acceptable" are signatures whose DigestInfo has no NULL: RFC 8017 §8.2.2 compares with the one encoding.
    EXPECT_EQ(verified.has_value(), vector.at("result") == "valid") << vector.at("comment");
  });
  EXPECT_EQ(ran, expected);
}

// Rows E02, E03, E06: forged paddings, values of the modulus and above, zero and empty signatures, encodings that are not DER.
TEST(Wycheproof, E03_rsa_pkcs1_sha256) {
  check("rsa_signature_2048_sha256_test.json", "RSA PKCS#1 v1.5 with SHA2_256", 259);
}
TEST(Wycheproof, E03_rsa_pkcs1_sha384) {
  check("rsa_signature_3072_sha384_test.json", "RSA PKCS#1 v1.5 with SHA2_384", 259);
}
TEST(Wycheproof, E03_rsa_pss_sha256) {
  check("rsa_pss_2048_sha256_mgf1_32_test.json", "RSASSA-PSS with SHA2_256", 108);
}
TEST(Wycheproof, E02_ecdsa_p256) { check("ecdsa_secp256r1_sha256_test.json", "ECDSA with SHA2_256", 484); }
TEST(Wycheproof, E02_ecdsa_p384) { check("ecdsa_secp384r1_sha384_test.json", "ECDSA with SHA2_384", 504); }
TEST(Wycheproof, E02_ecdsa_p521) { check("ecdsa_secp521r1_sha512_test.json", "ECDSA with SHA2_512", 542); }
TEST(Wycheproof, E02_ecdsa_p256_raw) {
  check("ecdsa_secp256r1_sha256_p1363_test.json", "ECDSA with SHA2_256 on P-256", 262);
}
TEST(Wycheproof, E02_ed25519) { check("ed25519_test.json", "Ed25519", 151); }
TEST(Wycheproof, E02_ed448) { check("ed448_test.json", "Ed448", 87); }

// Row E07: keys that say their own parameters. Only a signature with the parameters that IKE has for the hash is good.
TEST(Wycheproof, E07_rsa_pss_keys_with_parameters) {
  int ran = 0;
  int good = 0;
  for_each_vector("rsa_pss_misc_params_test.json", [&](const json& group, const json& vector) {
    ++ran;
    const auto hash = group.at("sha").get<std::string>();
    const bool as_ike_has_it =
        hash == group.at("mgfSha") && group.at("sLen").get<int>() * 8 == std::stoi(hash.substr(4));
    const auto key = PublicKey::from_spki(octets_of(group, "publicKeyDer"));
    if (!key) return;
    for (const auto& scheme : signature_schemes()) {
      const auto verified = key->verify(scheme, octets_of(vector, "msg"), octets_of(vector, "sig"));
      const bool right =
          scheme.form == SignatureForm::rsa_pss && as_ike_has_it && "SHA2_" + hash.substr(4) == to_string(scheme.hash);
      EXPECT_EQ(verified.has_value(), right) << scheme.name << ' ' << vector.at("comment");
      good += verified.has_value();
    }
  });
  EXPECT_EQ(ran, 150);
  EXPECT_GT(good, 0);
}

}  // namespace
}  // namespace keypact::pki
