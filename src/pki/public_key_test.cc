#include "pki/public_key.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "pki/x509_handles.h"

namespace keypact::pki {
namespace {

Octets spki_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  EXPECT_GT(size, 0);
  Octets octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

Octets hex(std::string_view text) { return from_hex(text).value(); }

/// A DER value of this tag.
Octets der(std::uint8_t tag, const Octets& content) {
  Octets out = {tag};
  if (content.size() >= 128) out.push_back(content.size() < 256 ? 0x81 : 0x82);
  if (content.size() >= 256) out.push_back(static_cast<std::uint8_t>(content.size() >> 8));
  out.push_back(static_cast<std::uint8_t>(content.size()));
  append(out, content);
  return out;
}

Octets joined(const Octets& a, const Octets& b) {
  Octets out = a;
  append(out, b);
  return out;
}

Octets spki(const Octets& algorithm, const Octets& key) {
  return der(0x30, joined(algorithm, der(0x03, joined({0}, key))));
}

/// An RSA key of these numbers; the numbers need not make sense.
Octets rsa(const Octets& modulus, const Octets& exponent) {
  return spki(hex("300d06092a864886f70d0101010500"), der(0x30, joined(der(2, modulus), der(2, exponent))));
}

Octets modulus(std::size_t bits, std::uint8_t last = 1) {
  Octets octets(bits / 8, 0xff);
  octets.insert(octets.begin(), 0);
  octets.back() = last;
  return octets;
}

KeyError refusal(const Octets& octets) {
  const auto key = PublicKey::from_spki(octets);
  EXPECT_FALSE(key.has_value());
  return key ? KeyError{} : key.error();
}

const Octets kExponent = {1, 0, 1};

TEST(PublicKey, KnowsItsTypeSizeAndIdentifiers) {
  const auto octets = rsa(modulus(2048), kExponent);
  const auto key = PublicKey::from_spki(octets);
  ASSERT_TRUE(key.has_value()) << sentence(key.error());
  EXPECT_EQ(key->type(), KeyType::rsa);
  EXPECT_EQ(key->bits(), 2048u);
  EXPECT_EQ(to_octets(key->spki()), octets);
  Octets digest(20);
  SHA1(octets.data(), octets.size(), digest.data());
  EXPECT_EQ(to_octets(key->spki_sha1()), digest);
  const auto inner = der(0x30, joined(der(2, modulus(2048)), der(2, kExponent)));
  SHA1(inner.data(), inner.size(), digest.data());
  EXPECT_EQ(to_octets(key->key_id()), digest);
}

TEST(PublicKey, E04_rsa_moduli_that_are_too_short_or_too_long) {
  for (const std::size_t bits : {64u, 512u, 1024u, 2040u})
    EXPECT_EQ(refusal(rsa(modulus(bits), kExponent)), KeyError::rsa_modulus_short) << bits;
  EXPECT_EQ(refusal(rsa(modulus(16392), kExponent)), KeyError::rsa_modulus_long);
  EXPECT_TRUE(PublicKey::from_spki(rsa(modulus(16384), kExponent)).has_value());
  EXPECT_TRUE(PublicKey::from_spki(rsa(modulus(1024), kExponent), {.min_rsa_bits = 1024}).has_value());
  EXPECT_EQ(refusal(rsa({0}, kExponent)), KeyError::rsa_modulus_short);
  EXPECT_EQ(refusal(rsa({1}, kExponent)), KeyError::rsa_modulus_short);
}

TEST(PublicKey, E05_even_modulus_and_exponents_0_1_even_negative_long) {
  EXPECT_EQ(refusal(rsa(modulus(2048, 2), kExponent)), KeyError::rsa_modulus_even);
  EXPECT_EQ(refusal(rsa(modulus(2048), {0})), KeyError::rsa_exponent_small);
  EXPECT_EQ(refusal(rsa(modulus(2048), {1})), KeyError::rsa_exponent_small);
  EXPECT_EQ(refusal(rsa(modulus(2048), {4})), KeyError::rsa_exponent_even);
  EXPECT_EQ(refusal(rsa(modulus(2048), hex("0100000000000000 01"))), KeyError::rsa_exponent_large);
  EXPECT_TRUE(PublicKey::from_spki(rsa(modulus(2048), {3})).has_value());
  EXPECT_TRUE(PublicKey::from_spki(rsa(modulus(2048), hex("00ffffffffffffffff"))).has_value());
  EXPECT_EQ(refusal(rsa(modulus(2048), hex("fffd"))), KeyError::malformed) << "negative";
  EXPECT_EQ(refusal(rsa(modulus(2048), hex("000003"))), KeyError::malformed) << "a needless zero";
}

TEST(PublicKey, E09_each_truncation_and_each_trailing_octet) {
  for (auto octets : {rsa(modulus(2048), kExponent), spki(hex("300506032b6570"), Octets(32, 9))}) {
    ASSERT_TRUE(PublicKey::from_spki(octets).has_value());
    for (std::size_t size = 0; size < octets.size(); ++size)
      EXPECT_FALSE(PublicKey::from_spki(std::span(octets).first(size)).has_value()) << size;
    octets.push_back(0);
    EXPECT_EQ(refusal(octets), KeyError::malformed);
  }
  EXPECT_EQ(refusal(Octets(9000, 0x30)), KeyError::too_long);
  EXPECT_FALSE(PublicKey::from_spki(spki(hex("300506032b6570"), Octets(31, 9))).has_value());
}

TEST(PublicKey, TakesTheCurvesByNameOnly) {
  struct Case {
    const char* name;
    Curve curve;
    unsigned bits;
  };
  const Case kCases[] = {{"P-256", Curve::p256, 256},
                         {"P-384", Curve::p384, 384},
                         {"P-521", Curve::p521, 521},
                         {"brainpoolP256r1", Curve::brainpool_p256, 256},
                         {"brainpoolP384r1", Curve::brainpool_p384, 384},
                         {"brainpoolP512r1", Curve::brainpool_p512, 512}};
  for (const auto& [name, curve, bits] : kCases) {
    const crypto::Handle<evp_pkey_st> made(EVP_EC_gen(name));
    ASSERT_TRUE(made) << name;
    const auto key = PublicKey::from_spki(spki_of(made.get()));
    ASSERT_TRUE(key.has_value()) << name;
    EXPECT_EQ(key->type(), KeyType::ecdsa);
    EXPECT_EQ(key->curve(), curve);
    EXPECT_EQ(key->bits(), bits);
    EVP_PKEY_set_utf8_string_param(made.get(), OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT);
    EXPECT_EQ(refusal(spki_of(made.get())), KeyError::ec_parameters_explicit) << name;
  }
  for (const char* name : {"secp256k1", "P-224", "brainpoolP320r1"}) {
    const crypto::Handle<evp_pkey_st> made(EVP_EC_gen(name));
    EXPECT_EQ(refusal(spki_of(made.get())), KeyError::ec_curve_unsupported) << name;
  }
}

TEST(PublicKey, D03_points_that_are_not_on_the_curve) {
  const auto p256 = hex("301306072a8648ce3d020106082a8648ce3d030107");
  Octets point(65, 1);
  point[0] = 4;
  EXPECT_EQ(refusal(spki(p256, point)), KeyError::ec_point_invalid);
  EXPECT_EQ(refusal(spki(p256, {0})), KeyError::ec_point_invalid) << "at infinity";
  EXPECT_EQ(refusal(spki(p256, {})), KeyError::ec_point_invalid);
  const crypto::Handle<evp_pkey_st> made(EVP_EC_gen("P-256"));
  auto octets = spki_of(made.get());
  octets[octets.size() - 65] = static_cast<std::uint8_t>(6 + (octets.back() & 1));
  EXPECT_EQ(refusal(octets), KeyError::ec_point_invalid) << "hybrid";
}

TEST(PublicKey, OtherTypesAreRefused) {
  EXPECT_EQ(refusal(spki(hex("300506032b656e"), Octets(32, 9))), KeyError::type_unsupported) << "X25519";
  EXPECT_EQ(refusal(spki(hex("300506032a0304"), Octets(32, 9))), KeyError::type_unsupported) << "nobody's";
}

TEST(PublicKey, ReadsPem) {
  // The example of RFC 8410.
  const auto key = PublicKey::from_pem(
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC "
      "KEY-----\n");
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->type(), KeyType::ed25519);
  EXPECT_EQ(PublicKey::from_pem("nothing").error(), KeyError::not_a_public_key);
  EXPECT_EQ(PublicKey::from_pem("-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n").error(),
            KeyError::malformed);
}

TEST(PublicKey, A_scheme_of_another_key_is_refused) {
  const crypto::Handle<evp_pkey_st> made(EVP_EC_gen("brainpoolP256r1"));
  const auto key = PublicKey::from_spki(spki_of(made.get()));
  ASSERT_TRUE(key.has_value());
  const Octets message = {1};
  const auto refused = [&](AuthMethod method) {
    return key->verify(**find_scheme(method, {}), message, Octets(64, 1)).error();
  };
  EXPECT_EQ(refused(AuthMethod::ECDSA_SHA256_P256), SignatureError::scheme_of_other_key);
  EXPECT_EQ(refused(AuthMethod::RSA_DIGITAL_SIGNATURE), SignatureError::scheme_of_other_key);
}

TEST(RawSignature, IsTheDerOneInFixedSize) {
  const auto der_form = hex("3008020200 80 0202 0081");
  const auto raw = raw_signature(der_form, 32);
  ASSERT_TRUE(raw.has_value());
  EXPECT_EQ(raw->size(), 64u);
  EXPECT_EQ((*raw)[31], 0x80);
  EXPECT_EQ((*raw)[63], 0x81);
  EXPECT_EQ(der_signature(*raw), der_form);
  EXPECT_FALSE(raw_signature(hex("30080202008002020081 00"), 32).has_value());
  EXPECT_FALSE(raw_signature(hex("3009020300ffff02020081"), 1).has_value());
  EXPECT_FALSE(der_signature({}).has_value());
  EXPECT_FALSE(der_signature(Octets(63)).has_value());
}

}  // namespace
}  // namespace keypact::pki
