#include "pki/signature_scheme.h"

#include <gtest/gtest.h>

#include <set>

namespace keypact::pki {
namespace {

constexpr auto kDigital = AuthMethod::DIGITAL_SIGNATURE;

struct Printed {
  const char* hex;
  const char* name;
};

// RFC 7427 §A.1.1 to §A.4.3 as printed; RFC 8420 §A.1 and §A.2.
constexpr Printed kAppendix[] = {
    {"300d 0609 2a86 4886 f70d 0101 0505 00", "RSA PKCS#1 v1.5 with SHA1"},
    {"300d 0609 2a86 4886 f70d 0101 0b05 00", "RSA PKCS#1 v1.5 with SHA2_256"},
    {"300d 0609 2a86 4886 f70d 0101 0c05 00", "RSA PKCS#1 v1.5 with SHA2_384"},
    {"300d 0609 2a86 4886 f70d 0101 0d05 00", "RSA PKCS#1 v1.5 with SHA2_512"},
    {"300a 0608 2a86 48ce 3d04 0302", "ECDSA with SHA2_256"},
    {"300a 0608 2a86 48ce 3d04 0303", "ECDSA with SHA2_384"},
    {"300a 0608 2a86 48ce 3d04 0304", "ECDSA with SHA2_512"},
    {"3046 0609 2a86 4886 f70d 0101 0a30 39a0 0f30 0d06 0960 8648 0165 0304 0201 0500"
     "a11c 301a 0609 2a86 4886 f70d 0101 0830 0d06 0960 8648 0165 0304 0201 0500 a203 0201 20a3 0302 0101",
     "RSASSA-PSS with SHA2_256"},
    {"3005 0603 2b65 70", "Ed25519"},
    {"3005 0603 2b65 71", "Ed448"},
};

Octets hex(std::string_view text) { return from_hex(text).value(); }

SchemeError refusal(std::string_view identifier) {
  const auto found = find_scheme(kDigital, hex(identifier));
  EXPECT_FALSE(found.has_value()) << identifier;
  return found ? SchemeError{} : found.error();
}

/// An AlgorithmIdentifier of RSASSA-PSS of these parameters.
std::string pss(const std::string& parameters) {
  Octets content = hex("06092a864886f70d01010a30");
  const auto inner = hex(parameters);
  content.push_back(static_cast<std::uint8_t>(inner.size()));
  append(content, inner);
  return "30" + to_hex(Octets{static_cast<std::uint8_t>(content.size())}) + to_hex(content);
}

const std::string kHash256 = "a00f300d06096086480165030402010500";
const std::string kMask256 = "a11c301a06092a864886f70d010108300d06096086480165030402010500";
const std::string kSalt32 = "a203020120";

TEST(SignatureScheme, IdentifiersAreThoseOfTheAppendix) {
  for (const auto& [printed, name] : kAppendix) {
    const auto found = find_scheme(kDigital, hex(printed));
    ASSERT_TRUE(found.has_value()) << name;
    EXPECT_EQ((*found)->name, name);
    if ((*found)->form == SignatureForm::rsa_pss) continue;
    EXPECT_EQ(to_hex(as_octets((*found)->algorithm_identifier)), to_hex(hex(printed)));
  }
}

/// The appendix prints the trailer field with its default value, which DER leaves out. Peers compare octets with what has none.
TEST(SignatureScheme, OurIdentifiersOfPssAreDer) {
  const auto found = find_scheme(kDigital, hex(pss(kHash256 + kMask256 + kSalt32)));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(to_hex(as_octets((*found)->algorithm_identifier)), pss(kHash256 + kMask256 + kSalt32));
}

TEST(SignatureScheme, EachSchemeIsFoundByWhatItSays) {
  std::set<std::string_view> names;
  for (const auto& scheme : signature_schemes()) {
    const auto found = find_scheme(scheme.method, as_octets(scheme.algorithm_identifier));
    ASSERT_TRUE(found.has_value()) << scheme.name;
    EXPECT_EQ(*found, &scheme);
    names.insert(scheme.name);
  }
  EXPECT_EQ(names.size(), 16u);
}

TEST(SignatureScheme, NullMayBeLeftOutWithRsa) {
  for (const char* number : {"05", "0b", "0c", "0d"}) {
    const auto absent = find_scheme(kDigital, hex(std::string("300b06092a864886f70d0101") + number));
    const auto null = find_scheme(kDigital, hex(std::string("300d06092a864886f70d0101") + number + "0500"));
    ASSERT_TRUE(absent.has_value() && null.has_value());
    EXPECT_EQ(*absent, *null);
  }
  EXPECT_EQ(refusal("300e06092a864886f70d01010b020100"), SchemeError::parameters_not_null);
}

TEST(SignatureScheme, ParametersOfEllipticCurvesAreAbsent) {
  EXPECT_EQ(refusal("300c06082a8648ce3d0403020500"), SchemeError::parameters_not_absent);
  EXPECT_EQ(refusal("300706032b65700500"), SchemeError::parameters_not_absent);
}

TEST(SignatureScheme, OnlyDerToTheLastOctet) {
  for (const auto& [printed, name] : kAppendix) {
    auto octets = hex(printed);
    for (std::size_t size = 0; size < octets.size(); ++size)
      EXPECT_FALSE(find_scheme(kDigital, std::span(octets).first(size)).has_value()) << name << ' ' << size;
    octets.push_back(0);
    EXPECT_EQ(find_scheme(kDigital, octets).error(), SchemeError::identifier_malformed) << name;
  }
  EXPECT_EQ(refusal("30810d06092a864886f70d01010b0500"), SchemeError::identifier_malformed) << "long form of a length";
  EXPECT_EQ(refusal("308006092a864886f70d01010b05000000"), SchemeError::identifier_malformed) << "indefinite length";
  EXPECT_EQ(refusal("300e06092a864886f70d01010b058100"), SchemeError::identifier_malformed)
      << "NULL with a long length";
  EXPECT_EQ(refusal("300f06092a864886f70d01010b05000500"), SchemeError::identifier_malformed) << "a third member";
}

TEST(SignatureScheme, E16_weak_and_unknown_hashes_are_refused) {
  EXPECT_EQ(refusal("300906072a8648ce3d0401"), SchemeError::hash_weak) << "ecdsa-with-SHA1";
  EXPECT_EQ(refusal("300d06092a864886f70d0101040500"), SchemeError::hash_weak) << "md5WithRSAEncryption";
  EXPECT_EQ(refusal("300906072a8648ce380403"), SchemeError::hash_weak) << "dsa-with-sha1";
  EXPECT_EQ(refusal("300b0609608648016503040302"), SchemeError::algorithm_unknown) << "dsa-with-sha256";
  EXPECT_EQ(refusal("300d06092a864886f70d0101010500"), SchemeError::algorithm_unknown) << "rsaEncryption";
  EXPECT_TRUE(is_weak(**find_scheme(AuthMethod::RSA_DIGITAL_SIGNATURE, {})));
  EXPECT_FALSE(is_weak(**find_scheme(AuthMethod::ECDSA_SHA256_P256, {})));
}

TEST(SignatureScheme, PssTakesEachFormOfNullAndOfTheTrailer) {
  const std::string bare_hash = "a00d300b0609608648016503040201";
  const std::string bare_mask = "a11a301806092a864886f70d010108300b0609608648016503040201";
  for (const auto& hash : {kHash256, bare_hash})
    for (const auto& mask : {kMask256, bare_mask})
      for (const std::string trailer : {"", "a303020101"}) {
        const auto found = find_scheme(kDigital, hex(pss(hash + mask + kSalt32 + trailer)));
        ASSERT_TRUE(found.has_value()) << hash << mask << trailer;
        EXPECT_EQ((*found)->name, "RSASSA-PSS with SHA2_256");
      }
}

TEST(SignatureScheme, E07_pss_parameters) {
  EXPECT_EQ(refusal("300d06092a864886f70d01010a3000"), SchemeError::hash_weak) << "empty: RFC 7427 §A.4.1";
  EXPECT_EQ(refusal("303e06092a864886f70d01010a3031a00b300906052b0e03021a0500a118301606092a864886f70d0101083009"
                    "06052b0e03021a0500a203020114a303020101"),
            SchemeError::hash_weak)
      << "default: RFC 7427 §A.4.2";
  EXPECT_EQ(refusal("300b06092a864886f70d01010a"), SchemeError::pss_parameters_malformed) << "no parameters";
  EXPECT_EQ(refusal("300d06092a864886f70d01010a0500"), SchemeError::pss_parameters_malformed) << "NULL";
  EXPECT_EQ(refusal(pss(kMask256 + kSalt32)), SchemeError::hash_weak) << "no hash";
  EXPECT_EQ(refusal(pss(kHash256 + kSalt32)), SchemeError::pss_mask_of_other_hash) << "no mask";
  EXPECT_EQ(refusal(pss(kHash256 + kMask256)), SchemeError::pss_salt_length) << "no salt";
  EXPECT_EQ(refusal(pss(kHash256 + kMask256 + "a2030201ff")), SchemeError::pss_salt_length) << "-1";
  EXPECT_EQ(refusal(pss(kHash256 + kMask256 + "a203020100")), SchemeError::pss_salt_length) << "0";
  EXPECT_EQ(refusal(pss(kHash256 + kMask256 + "a203020114")), SchemeError::pss_salt_length) << "20";
  EXPECT_EQ(refusal(pss(kHash256 + kMask256 + "a20702050080000000")), SchemeError::pss_salt_length) << "2^31";
  EXPECT_EQ(refusal(pss(kHash256 + kMask256 + "a20b0209010000000000000000")), SchemeError::pss_salt_length) << "2^64";
  EXPECT_EQ(refusal(pss(kHash256 + kMask256 + kSalt32 + "a303020102")), SchemeError::pss_trailer);
  EXPECT_EQ(refusal(pss(kHash256 + "a11c301a06092a864886f70d010108300d06096086480165030402020500" + kSalt32)),
            SchemeError::pss_mask_of_other_hash);
  EXPECT_EQ(refusal(pss(kHash256 + "a11c301a06092a864886f70d010109300d06096086480165030402010500" + kSalt32)),
            SchemeError::pss_mask_not_mgf1);
  EXPECT_EQ(refusal(pss("a00f300d06096086480165030402040500" + kMask256 + kSalt32)), SchemeError::pss_hash_unknown)
      << "SHA-224";
  EXPECT_EQ(refusal(pss(kHash256 + kMask256 + kSalt32 + "0500")), SchemeError::pss_parameters_malformed);
  EXPECT_EQ(refusal(pss(kHash256 + kMask256 + "a20402020020")), SchemeError::pss_parameters_malformed)
      << "a number with a needless zero";
}

TEST(AuthData, SaysAndReadsTheSame) {
  const Octets signature = {1, 2, 3, 4};
  for (const auto& scheme : signature_schemes()) {
    const auto data = encode_auth_data(scheme, signature);
    const auto parsed = parse_auth_data(scheme.method, data);
    ASSERT_TRUE(parsed.has_value()) << scheme.name;
    EXPECT_EQ(parsed->scheme, &scheme);
    EXPECT_EQ(to_octets(parsed->signature), signature);
  }
}

TEST(AuthData, BeginsAsTheExampleOfTheAppendix) {  // RFC 7427 §B.1
  const auto found = find_scheme(kDigital, hex("300d06092a864886f70d0101050500"));
  EXPECT_EQ(to_hex(encode_auth_data(**found, Octets{0xaa})), "0f300d06092a864886f70d0101050500aa");
}

TEST(AuthData, E01_truncated_or_without_signature) {
  const auto error = [](AuthMethod method, std::string_view data) {
    return parse_auth_data(method, hex(data)).error();
  };
  EXPECT_EQ(error(kDigital, ""), SchemeError::data_truncated);
  EXPECT_EQ(error(kDigital, "07300506032b65"), SchemeError::data_truncated);
  EXPECT_EQ(error(kDigital, "07300506032b6570"), SchemeError::signature_empty);
  EXPECT_EQ(error(kDigital, "00aabb"), SchemeError::identifier_malformed);
  EXPECT_EQ(error(AuthMethod::RSA_DIGITAL_SIGNATURE, ""), SchemeError::signature_empty);
  EXPECT_EQ(error(AuthMethod::SHARED_KEY_MIC, "aabb"), SchemeError::method_without_signature);
  EXPECT_EQ(error(AuthMethod::DSS_DIGITAL_SIGNATURE, "aabb"), SchemeError::method_without_signature);
}

TEST(SchemeError, EachHasASentence) {
  for (int error = 0; error <= static_cast<int>(SchemeError::pss_trailer); ++error)
    EXPECT_FALSE(sentence(static_cast<SchemeError>(error)).empty()) << error;
}

}  // namespace
}  // namespace keypact::pki
