#include "pki/auth_constraints.h"

#include "pki/test_vectors.h"

namespace keypact::pki {
namespace {

constexpr auto kAll = std::to_array({HashAlgorithm::SHA1, HashAlgorithm::SHA2_256, HashAlgorithm::SHA2_384,
                                     HashAlgorithm::SHA2_512, HashAlgorithm::IDENTITY});

AuthConstraints parsed(std::string_view words) {
  auto constraints = AuthConstraints::parse(words);
  EXPECT_TRUE(constraints.has_value()) << words << ": " << constraints.error().why;
  return constraints.value_or(AuthConstraints());
}

std::string refusal(std::string_view words) {
  const auto constraints = AuthConstraints::parse(words);
  EXPECT_FALSE(constraints.has_value()) << words;
  return constraints ? std::string() : constraints.error().word + ": " + constraints.error().why;
}

PublicKey key(const std::string& name) { return PublicKey::from_pem(read_data("pki/" + name + ".public.pem")).value(); }

/// The names of the schemes in their order.
std::string choice(const std::string& name, std::string_view words, std::span<const HashAlgorithm> announced = kAll) {
  std::string names;
  for (const auto* scheme : choose_schemes(key(name), announced, parsed(words)))
    names.append(names.empty() ? "" : ", ").append(scheme->name);
  return names;
}

bool allows(std::string_view words, std::string_view scheme_name) {
  for (const auto& scheme : signature_schemes())
    if (scheme.name == scheme_name) return parsed(words).allows(scheme);
  ADD_FAILURE() << scheme_name;
  return false;
}

TEST(AuthConstraints, ReadsTheWordsOfSwanctl) {
  using enum HashAlgorithm;
  EXPECT_EQ(parsed("pubkey").rules(), (std::vector<AuthRule>{{}}));
  EXPECT_EQ(parsed("pubkey-sha256-sha384").rules(), (std::vector<AuthRule>{{.hashes = {SHA2_256, SHA2_384}}}));
  EXPECT_EQ(parsed("rsa-2048-sha256").rules(),
            (std::vector<AuthRule>{{.key = KeyType::rsa, .min_bits = 2048, .hashes = {SHA2_256}}}));
  EXPECT_EQ(parsed("rsa/pss-sha384").rules(),
            (std::vector<AuthRule>{{.key = KeyType::rsa, .pss = true, .hashes = {SHA2_384}}}));
  EXPECT_EQ(parsed("rsa-2048-sha256-ecdsa-256-sha256-sha384").rules(),
            (std::vector<AuthRule>{{.key = KeyType::rsa, .min_bits = 2048, .hashes = {SHA2_256}},
                                   {.key = KeyType::ecdsa, .min_bits = 256, .hashes = {SHA2_256, SHA2_384}}}));
  EXPECT_EQ(parsed("ed25519-ed448").rules(),
            (std::vector<AuthRule>{{.key = KeyType::ed25519}, {.key = KeyType::ed448}}));
  EXPECT_EQ(parsed("pubkey-sha256-ike:rsa/pss-sha512").rules(),
            (std::vector<AuthRule>{{.hashes = {SHA2_256}},
                                   {.key = KeyType::rsa, .ike = true, .pss = true, .hashes = {SHA2_512}}}));
}

TEST(AuthConstraints, RefusesOtherWords) {
  EXPECT_EQ(refusal("sha256"),
            "sha256: it begins with pubkey, rsa, rsa/pss, ecdsa, ed25519 or ed448, each also after ike:");
  EXPECT_EQ(refusal("pubkey-2048"), "2048: it is no type of key, no hash, and no strength right after rsa or ecdsa");
  EXPECT_EQ(refusal("rsa-sha256-2048"),
            "2048: it is no type of key, no hash, and no strength right after rsa or ecdsa");
  EXPECT_EQ(refusal("rsa-0"), "0: it is no type of key, no hash, and no strength right after rsa or ecdsa");
  EXPECT_EQ(refusal("pubkey-md5"), "md5: signatures with this hash are not made or taken here");
  EXPECT_EQ(refusal("ed25519-sha256"), "sha256: keys of this type are not used with this hash");
  EXPECT_EQ(refusal("rsa/pss-sha1"), "sha1: RSASSA-PSS is not used with SHA-1");
  EXPECT_EQ(refusal("pubkey-"), ": it is no type of key, no hash, and no strength right after rsa or ecdsa");
  refusal("");
  refusal("-");
  refusal("ike:");
  refusal("ike:ike:rsa");
  refusal(std::string(2000, '-'));
}

TEST(AuthConstraints, LimitsTypeAndLengthOfTheKey) {
  EXPECT_TRUE(parsed("pubkey").allows_key(key("rsa")));
  EXPECT_TRUE(parsed("rsa").allows_key(key("rsa")));
  EXPECT_TRUE(parsed("rsa-2048").allows_key(key("rsa")));
  EXPECT_FALSE(parsed("rsa-3072").allows_key(key("rsa")));
  EXPECT_FALSE(parsed("ecdsa").allows_key(key("rsa")));
  EXPECT_TRUE(parsed("ecdsa-256-rsa-2048").allows_key(key("rsa")));
  EXPECT_FALSE(parsed("ecdsa-384").allows_key(key("ec-P-256")));
  EXPECT_TRUE(parsed("ecdsa-384-ike:pubkey-sha256").allows_key(key("ec-P-384")));
  EXPECT_FALSE(parsed("ecdsa-384-ike:pubkey-sha256").allows_key(key("ec-P-256")));
  EXPECT_TRUE(parsed("ike:ecdsa").allows_key(key("ec-P-256")));
}

TEST(AuthConstraints, E16_sha1_only_when_it_is_named) {
  EXPECT_FALSE(allows("pubkey", "RSA PKCS#1 v1.5 with SHA1"));
  EXPECT_FALSE(allows("pubkey", "RSA Digital Signature with SHA1"));
  EXPECT_FALSE(allows("rsa", "RSA Digital Signature with SHA1"));
  EXPECT_TRUE(allows("pubkey-sha256-sha1", "RSA Digital Signature with SHA1"));
  EXPECT_TRUE(allows("ike:rsa-sha1", "RSA PKCS#1 v1.5 with SHA1"));
  EXPECT_FALSE(AuthConstraints().allows(**find_scheme(AuthMethod::RSA_DIGITAL_SIGNATURE, {})));
  EXPECT_FALSE(parsed("pubkey").allows_in_path(KeyType::rsa, HashAlgorithm::SHA1, false));
}

TEST(AuthConstraints, OfAuthPayloadsAndOfCertificatesAreApartWithIke) {
  EXPECT_TRUE(allows("pubkey-sha384", "ECDSA with SHA2_384"));
  EXPECT_FALSE(allows("pubkey-sha384", "ECDSA with SHA2_256"));
  EXPECT_FALSE(parsed("pubkey-sha384").allows_in_path(KeyType::ecdsa, HashAlgorithm::SHA2_256, false));
  EXPECT_TRUE(allows("pubkey-sha384-ike:pubkey-sha256", "ECDSA with SHA2_256"));
  EXPECT_FALSE(allows("pubkey-sha384-ike:pubkey-sha256", "ECDSA with SHA2_384"));
  EXPECT_TRUE(parsed("ike:pubkey-sha384").allows_in_path(KeyType::rsa, HashAlgorithm::SHA2_256, false));
  EXPECT_FALSE(allows("rsa/pss", "RSA PKCS#1 v1.5 with SHA2_256"));
  EXPECT_TRUE(allows("rsa/pss", "RSASSA-PSS with SHA2_256"));
  EXPECT_FALSE(allows("rsa", "ECDSA with SHA2_256"));
  EXPECT_TRUE(allows("ed25519", "Ed25519"));
  EXPECT_FALSE(allows("ed25519", "Ed448"));
}

TEST(SchemeChoice, BeginsWithTheHashOfTheStrengthOfTheKey) {
  EXPECT_EQ(choice("rsa", "pubkey"),
            "RSASSA-PSS with SHA2_256, RSASSA-PSS with SHA2_384, RSASSA-PSS with SHA2_512, RSA PKCS#1 v1.5 with "
            "SHA2_256, RSA PKCS#1 v1.5 with SHA2_384, RSA PKCS#1 v1.5 with SHA2_512");
  EXPECT_EQ(choice("ec-P-256", "pubkey"), "ECDSA with SHA2_256, ECDSA with SHA2_384, ECDSA with SHA2_512");
  EXPECT_EQ(choice("ec-P-384", "pubkey"), "ECDSA with SHA2_384, ECDSA with SHA2_512, ECDSA with SHA2_256");
  EXPECT_EQ(choice("ec-P-521", "pubkey"), "ECDSA with SHA2_512, ECDSA with SHA2_384, ECDSA with SHA2_256");
  EXPECT_EQ(choice("ed25519", "pubkey"), "Ed25519");
  EXPECT_EQ(choice("ed448", "pubkey"), "Ed448");
}

TEST(SchemeChoice, UsesOnlyHashesThatThePeerAnnounced) {
  const auto only_384 = std::to_array({HashAlgorithm::SHA2_384});
  EXPECT_EQ(choice("ec-P-256", "pubkey", only_384), "ECDSA with SHA2_384");
  EXPECT_EQ(choice("ed25519", "pubkey", only_384), "") << "RFC 8420 §2: the peer has to announce IDENTITY";
  const auto only_sha1 = std::to_array({HashAlgorithm::SHA1});
  EXPECT_EQ(choice("rsa", "pubkey", only_sha1), "") << "row E16";
  const auto unknown = std::to_array({static_cast<HashAlgorithm>(999)});
  EXPECT_EQ(choice("rsa", "pubkey", unknown), "");
}

TEST(SchemeChoice, WithoutAnAnnouncementTheOldMethods) {
  EXPECT_EQ(choice("rsa", "pubkey", {}), "RSA Digital Signature with SHA1");
  EXPECT_EQ(choice("ec-P-256", "pubkey", {}), "ECDSA with SHA2_256 on P-256");
  EXPECT_EQ(choice("ec-P-384", "pubkey", {}), "ECDSA with SHA2_384 on P-384");
  EXPECT_EQ(choice("ec-P-521", "pubkey", {}), "ECDSA with SHA2_512 on P-521");
  EXPECT_EQ(choice("ec-brainpoolP256r1", "pubkey", {}), "") << "RFC 4754 has no brainpool curve";
  EXPECT_EQ(choice("ed25519", "pubkey", {}), "");
  EXPECT_EQ(choice("rsa", "rsa-sha256", {}), "") << "the configuration wants another hash than SHA-1";
  EXPECT_EQ(choice("rsa", "rsa/pss", {}), "");
  EXPECT_EQ(choice("rsapss", "pubkey", {}), "") << "this key makes RSASSA-PSS only";
  EXPECT_EQ(choice("ec-P-256", "pubkey-sha384", {}), "");
}

TEST(SchemeChoice, FollowsTheOrderOfTheConfiguration) {
  EXPECT_EQ(choice("ec-P-256", "ecdsa-sha512-sha256"), "ECDSA with SHA2_512, ECDSA with SHA2_256");
  EXPECT_EQ(choice("rsa", "rsa-sha384"), "RSA PKCS#1 v1.5 with SHA2_384, RSASSA-PSS with SHA2_384");
  EXPECT_EQ(choice("rsa", "rsa/pss-sha384"), "RSASSA-PSS with SHA2_384");
  EXPECT_EQ(choice("rsapss", "rsa-sha384"), "RSASSA-PSS with SHA2_384");
  EXPECT_EQ(choice("rsa", "rsa-sha1"), "RSA PKCS#1 v1.5 with SHA1");
  EXPECT_EQ(choice("rsa", "ike:rsa/pss-sha512-sha256"), "RSASSA-PSS with SHA2_512, RSASSA-PSS with SHA2_256");
  EXPECT_EQ(choice("rsa", "ecdsa"), "");
  EXPECT_EQ(choice("ed25519", "ed25519"), "Ed25519");
  EXPECT_EQ(choice("ed25519", "pubkey-sha256"), "");
  EXPECT_EQ(choice("ed25519", "pubkey-sha256-identity"), "Ed25519");
}

}  // namespace
}  // namespace keypact::pki
