// The files are those of tests/data/pki, made by the openssl command.
#include "pki/private_key.h"

#include "pki/test_vectors.h"

namespace keypact::pki {
namespace {

using Kind = PrivateKeyError::Kind;

constexpr std::string_view kPassphrase = "moon and sun";

Result<PrivateKey, PrivateKeyError> read_text(std::string_view text, std::string_view passphrase = {},
                                              KeyLimits limits = {}) {
  return PrivateKey::read(Secret::copy_of(as_octets(text)), Secret::copy_of(as_octets(passphrase)), limits);
}

Result<PrivateKey, PrivateKeyError> read(const std::string& file, std::string_view passphrase = {},
                                         KeyLimits limits = {}) {
  return read_text(read_data("pki/" + file), passphrase, limits);
}

PublicKey public_key(const std::string& name) {
  return PublicKey::from_pem(read_data("pki/" + name + ".public.pem")).value();
}

const SignatureScheme& scheme_named(std::string_view name) {
  for (const auto& scheme : signature_schemes())
    if (scheme.name == name) return scheme;
  ADD_FAILURE() << name;
  return signature_schemes().front();
}

TEST(PrivateKey, ReadsEachForm) {
  const auto rsa = public_key("rsa");
  for (const char* file : {"rsa.pkcs8.pem", "rsa.pkcs8.der", "rsa.pkcs1.pem", "rsa.pkcs1.der"}) {
    const auto key = read(file);
    ASSERT_TRUE(key.has_value()) << file << ": " << key.error().sentence();
    EXPECT_TRUE(key->matches(rsa)) << file;
  }
  for (const char* file : {"rsa.encrypted.pem", "rsa.encrypted.der", "rsa.scrypt.pem", "rsa.pkcs1-aes.pem"}) {
    const auto key = read(file, kPassphrase);
    ASSERT_TRUE(key.has_value()) << file << ": " << key.error().sentence();
    EXPECT_TRUE(key->matches(rsa)) << file;
  }
  const auto p256 = public_key("ec-P-256");
  for (const char* file : {"ec-P-256.pkcs8.pem", "ec-P-256.sec1.pem", "ec-P-256.sec1.der"}) {
    const auto key = read(file);
    ASSERT_TRUE(key.has_value()) << file << ": " << key.error().sentence();
    EXPECT_TRUE(key->matches(p256)) << file;
    EXPECT_FALSE(key->matches(rsa)) << file;
  }
}

TEST(PrivateKey, SaysWhatIsWrongWithThePassphrase) {
  for (const char* file : {"rsa.encrypted.pem", "rsa.encrypted.der", "rsa.scrypt.pem", "rsa.pkcs1-aes.pem"}) {
    EXPECT_EQ(read(file).error().kind, Kind::passphrase_needed) << file;
    EXPECT_EQ(read(file, "sun and moon").error().kind, Kind::passphrase_wrong) << file;
  }
  EXPECT_EQ(read("rsa.encrypted.pem").error().sentence(),
            "the private key is encrypted and no passphrase is known for it");
  EXPECT_EQ(read("rsa.encrypted.pem", "x").error().sentence(), "the passphrase does not open the private key");
  EXPECT_EQ(read("rsa.rc2.pem", kPassphrase).error().kind, Kind::encryption_unsupported);
}

TEST(PrivateKey, RefusesWhatIsNoKey) {
  EXPECT_EQ(read_text("").error().kind, Kind::not_a_key);
  EXPECT_EQ(read_text("not a key at all").error().kind, Kind::not_a_key);
  EXPECT_EQ(read_text(std::string(70000, 'a')).error().kind, Kind::too_long);
  EXPECT_EQ(read("rsa.public.pem").error().kind, Kind::not_a_key);
  EXPECT_EQ(read("moon.pem").error().kind, Kind::not_a_key);
  EXPECT_EQ(read("moon.der").error().kind, Kind::not_a_key);
  EXPECT_EQ(read("x25519.pkcs8.pem").error().kind, Kind::type_unsupported);
  EXPECT_EQ(read_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").error().kind, Kind::not_a_key);
}

TEST(PrivateKey, RefusesTruncatedDerAndTrailingOctets) {
  for (const char* file : {"rsa.pkcs1.der", "rsa.pkcs8.der", "ec-P-256.sec1.der"}) {
    const auto text = read_data(std::string("pki/") + file);
    for (std::size_t size = 0; size < text.size(); size += 7)
      EXPECT_FALSE(read_text(std::string_view(text).substr(0, size)).has_value()) << file << ' ' << size;
    EXPECT_FALSE(read_text(std::string_view(text).substr(0, text.size() - 1)).has_value()) << file;
    EXPECT_FALSE(read_text(text + '\0').has_value()) << file;
  }
}

TEST(PrivateKey, HoldsOurOwnKeysToTheSameLimits) {
  EXPECT_EQ(read("rsa1024.pkcs8.pem").error(), (PrivateKeyError{Kind::key_refused, KeyError::rsa_modulus_short}));
  EXPECT_EQ(read("rsa1024.pkcs8.pem").error().sentence(), "the RSA modulus is shorter than allowed");
  EXPECT_TRUE(read("rsa1024.pkcs8.pem", {}, {.min_rsa_bits = 1024}).has_value());
  EXPECT_EQ(read("ec-explicit.sec1.pem").error(),
            (PrivateKeyError{Kind::key_refused, KeyError::ec_parameters_explicit}));
}

TEST(PrivateKey, SignsInEachSchemeThatFitsAndInNoOther) {
  int made = 0;
  for (const std::string name :
       {"rsa", "rsapss", "ec-P-256", "ec-P-384", "ec-P-521", "ec-brainpoolP256r1", "ed25519", "ed448"}) {
    const auto key = read(name + ".pkcs8.pem");
    ASSERT_TRUE(key.has_value()) << name;
    const auto message = as_octets("some octets");
    for (const auto& scheme : signature_schemes()) {
      const auto signature = key->sign(scheme, message);
      ASSERT_EQ(signature.has_value(), key->public_key().fits(scheme)) << name << ' ' << scheme.name;
      if (!signature) continue;
      ++made;
      EXPECT_TRUE(public_key(name).verify(scheme, message, *signature).has_value()) << name << ' ' << scheme.name;
      auto other = *signature;
      other.back() ^= 1;
      EXPECT_FALSE(public_key(name).verify(scheme, message, other).has_value()) << name << ' ' << scheme.name;
      EXPECT_FALSE(public_key(name).verify(scheme, as_octets("other octets"), *signature).has_value());
      for (const auto& another : signature_schemes())
        if (another.form != scheme.form) {
          EXPECT_FALSE(public_key(name).verify(another, message, *signature).has_value()) << another.name;
        }
      if (scheme.form == SignatureForm::ecdsa_raw) {
        EXPECT_EQ(signature->size(), 2 * scalar_octets(scheme));
      }
    }
  }
  EXPECT_EQ(made, 8 + 3 + 4 * 3 + 3 + 2);
}

TEST(PublicKey, VerifiesWhatTheOpensslCommandSigned) {
  struct Case {
    std::string file;
    std::string key;
    std::string_view scheme;
  };
  const Case cases[] = {
      {"rsa-pkcs1-sha1", "rsa", "RSA PKCS#1 v1.5 with SHA1"},
      {"rsa-pkcs1-sha1", "rsa", "RSA Digital Signature with SHA1"},
      {"rsa-pkcs1-sha256", "rsa", "RSA PKCS#1 v1.5 with SHA2_256"},
      {"rsa-pkcs1-sha384", "rsa", "RSA PKCS#1 v1.5 with SHA2_384"},
      {"rsa-pkcs1-sha512", "rsa", "RSA PKCS#1 v1.5 with SHA2_512"},
      {"rsa-pss-sha256", "rsa", "RSASSA-PSS with SHA2_256"},
      {"rsa-pss-sha384", "rsa", "RSASSA-PSS with SHA2_384"},
      {"rsa-pss-sha512", "rsa", "RSASSA-PSS with SHA2_512"},
      {"ec-P-256", "ec-P-256", "ECDSA with SHA2_256"},
      {"ec-P-384", "ec-P-384", "ECDSA with SHA2_384"},
      {"ec-P-521", "ec-P-521", "ECDSA with SHA2_512"},
      {"ec-brainpoolP256r1", "ec-brainpoolP256r1", "ECDSA with SHA2_256"},
      {"ed25519", "ed25519", "Ed25519"},
      {"ed448", "ed448", "Ed448"},
  };
  const auto message = read_data("pki/message.txt");
  for (const auto& [file, key, scheme] : cases) {
    const auto signature = read_data("pki/" + file + ".signature");
    const auto verified = public_key(key).verify(scheme_named(scheme), as_octets(message), as_octets(signature));
    EXPECT_TRUE(verified.has_value()) << file;
    EXPECT_FALSE(public_key(key).verify(scheme_named(scheme), as_octets(message), {}).has_value()) << "E02: empty";
    EXPECT_FALSE(public_key(key).verify(scheme_named(scheme), as_octets(message), Octets(signature.size())).has_value())
        << "E02: zeros";
  }
  for (const auto& [key, raw] :
       {std::pair("ec-P-256", "ECDSA with SHA2_256 on P-256"), std::pair("ec-P-384", "ECDSA with SHA2_384 on P-384"),
        std::pair("ec-P-521", "ECDSA with SHA2_512 on P-521")}) {
    const auto& scheme = scheme_named(raw);
    const auto signature =
        raw_signature(as_octets(read_data("pki/" + std::string(key) + ".signature")), scalar_octets(scheme));
    ASSERT_TRUE(signature.has_value());
    EXPECT_TRUE(public_key(key).verify(scheme, as_octets(message), *signature).has_value()) << raw;
    EXPECT_FALSE(
        public_key(key).verify(scheme, as_octets(message), std::span(*signature).first(signature->size() - 1)));
  }
}

TEST(PublicKey, E07_a_salt_of_another_length_is_refused) {
  const auto message = read_data("pki/message.txt");
  const auto signature = read_data("pki/rsa-pss-salt20.signature");
  const auto verified =
      public_key("rsa").verify(scheme_named("RSASSA-PSS with SHA2_256"), as_octets(message), as_octets(signature));
  ASSERT_FALSE(verified.has_value());
  EXPECT_EQ(verified.error(), SignatureError::false_signature);
}

}  // namespace
}  // namespace keypact::pki
