// Project Wycheproof: tests/data/wycheproof. A vector that our interfaces cannot express (another nonce length, another tag
// length) is left out; each test counts how many it ran.
#include "crypto/algorithms.h"
#include "crypto/library_impl.h"
#include "crypto/packet_cipher.h"
#include "crypto/test_vectors.h"

namespace keypact::crypto {
namespace {

using nlohmann::json;

bool is_valid(const json& vector) { return vector.at("result") == "valid"; }

/// Calls run(group, vector) for each vector of a file.
template <class Run>
void for_each_vector(const char* file, Run run) {
  const auto vectors = read_vectors(std::string("wycheproof/") + file);
  for (const auto& group : vectors.at("testGroups")) {
    for (const auto& vector : group.at("tests")) {
      SCOPED_TRACE(std::string(file) + " tcId " + std::to_string(vector.at("tcId").get<int>()));
      run(group, vector);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

/// One AEAD vector, its tag shortened to `icv` octets: opens and seals as the vector says.
void check_aead(Library& library, PacketAlgorithms algorithms, const json& vector) {
  const auto sizes = packet_sizes(algorithms);
  Octets key = octets_of(vector, "key");
  const Octets nonce = octets_of(vector, "iv");
  const Octets associated = octets_of(vector, "aad");
  Octets tag = octets_of(vector, "tag");
  tag.resize(sizes.icv);
  const std::size_t salt = nonce.size() - sizes.iv;
  append(key, std::span(nonce).first(salt));
  const Octets iv = to_octets(std::span(nonce).subspan(salt));
  const PacketKeys keys{algorithms, Secret::copy_of(key), {}};
  Octets text = octets_of(vector, "ct");
  ASSERT_EQ(open(library, keys, {associated, iv, text, {}}, tag), is_valid(vector));
  PacketOpener opener(library, keys);
  Octets again = octets_of(vector, "ct");
  ASSERT_EQ(opener.open({associated, iv, again, {}}, tag), is_valid(vector));
  const Octets plain = octets_of(vector, "msg");
  if (!is_valid(vector)) {
    if (!text.empty()) {
      EXPECT_EQ(text, Octets(text.size(), 0));
    }
    return;
  }
  EXPECT_EQ(text, plain);
  EXPECT_EQ(again, plain);
  Octets icv(sizes.icv);
  PacketSealer sealer(library, keys);
  for (const bool prepared : {false, true}) {
    if (prepared) sealer.seal({associated, iv, text = plain, {}}, icv);
    else seal(library, keys, {associated, iv, text = plain, {}}, icv);
    EXPECT_EQ(text, octets_of(vector, "ct"));
    EXPECT_EQ(icv, tag);
  }
}

// Row J06: invalid tags are refused, and nothing of the plaintext comes out.
TEST(Wycheproof, J06_aes_gcm) {
  Library library;
  int ran = 0;
  for_each_vector("aes_gcm_test.json", [&](const json& group, const json& vector) {
    if (group.at("ivSize") != 96) return;
    ++ran;
    const auto bits = group.at("keySize").get<std::uint16_t>();
    check_aead(library, {EncryptionId::ENCR_AES_GCM_16, bits, IntegrityId::NONE}, vector);
    if (!is_valid(vector)) return;  // a shorter tag may be the right one
    check_aead(library, {EncryptionId::ENCR_AES_GCM_12, bits, IntegrityId::NONE}, vector);
    check_aead(library, {EncryptionId::ENCR_AES_GCM_8, bits, IntegrityId::NONE}, vector);
  });
  EXPECT_EQ(ran, 197);
}

TEST(Wycheproof, J06_aes_ccm) {
  Library library;
  int ran = 0;
  for_each_vector("aes_ccm_test.json", [&](const json& group, const json& vector) {
    if (group.at("ivSize") != 88 || group.at("tagSize") != 128) return;
    ++ran;
    const auto bits = group.at("keySize").get<std::uint16_t>();
    check_aead(library, {EncryptionId::ENCR_AES_CCM_16, bits, IntegrityId::NONE}, vector);
  });
  EXPECT_EQ(ran, 18);
}

TEST(Wycheproof, J06_chacha20_poly1305) {
  Library library;
  int ran = 0;
  for_each_vector("chacha20_poly1305_test.json", [&](const json& group, const json& vector) {
    if (group.at("ivSize") != 96) return;
    ++ran;
    check_aead(library, {EncryptionId::ENCR_CHACHA20_POLY1305, 0, IntegrityId::NONE}, vector);
  });
  EXPECT_EQ(ran, 316);
}

// Our GMAC covers associated | IV | text (RFC 4543 §3.3), which no vector has the form of: the vectors show that GCM without text
// is GMAC, and GCM then says what our GMAC must give.
TEST(Wycheproof, J06_aes_gmac_is_gcm_with_all_of_the_packet_as_associated_data) {
  Library library;
  int ran = 0;
  for_each_vector("aes_gmac_test.json", [&](const json& group, const json& vector) {
    if (group.at("ivSize") != 96 || group.at("tagSize") != 128) return;
    ++ran;
    const auto bits = group.at("keySize").get<std::uint16_t>();
    Octets key = octets_of(vector, "key");
    const Octets nonce = octets_of(vector, "iv");
    append(key, std::span(nonce).first(4));
    const Octets iv = to_octets(std::span(nonce).subspan(4));
    const Octets message = octets_of(vector, "msg");
    const PacketKeys gcm{{EncryptionId::ENCR_AES_GCM_16, bits, IntegrityId::NONE}, Secret::copy_of(key), {}};
    EXPECT_EQ(open(library, gcm, {message, iv, {}, {}}, octets_of(vector, "tag")), is_valid(vector));
    Octets all = message;
    append(all, iv);
    Octets text = {1, 2, 3};
    append(all, text);
    Octets expected(16);
    seal(library, gcm, {all, iv, {}, {}}, expected);
    const PacketKeys gmac{{EncryptionId::ENCR_NULL_AUTH_AES_GMAC, bits, IntegrityId::NONE}, Secret::copy_of(key), {}};
    Octets icv(16);
    seal(library, gmac, {message, iv, text, {}}, icv);
    EXPECT_EQ(icv, expected);
  });
  EXPECT_GT(ran, 100);
}

void check_mac(const char* file, MacId id, int expected) {
  Library library;
  int ran = 0;
  for_each_vector(file, [&](const json& group, const json& vector) {
    if (id == MacId::aes_cmac && group.at("keySize") != 128) return;
    ++ran;
    auto* const mac = library.impl().mac(id);
    ASSERT_NE(mac, nullptr);
    const Octets message = octets_of(vector, "msg");
    const Octets tag = octets_of(vector, "tag");
    const OctetView message_parts[] = {message};
    Octets computed(tag.size());
    mac->set_key(octets_of(vector, "key"));
    mac->compute(message_parts, computed);
    EXPECT_EQ(computed == tag, is_valid(vector));
  });
  EXPECT_EQ(ran, expected);
}

TEST(Wycheproof, HmacSha1) { check_mac("hmac_sha1_test.json", MacId::hmac_sha1, 170); }
TEST(Wycheproof, HmacSha256) { check_mac("hmac_sha256_test.json", MacId::hmac_sha256, 174); }
TEST(Wycheproof, HmacSha384) { check_mac("hmac_sha384_test.json", MacId::hmac_sha384, 174); }
TEST(Wycheproof, HmacSha512) { check_mac("hmac_sha512_test.json", MacId::hmac_sha512, 174); }
TEST(Wycheproof, AesCmac) { check_mac("aes_cmac_test.json", MacId::aes_cmac, 102); }

/// One vector of a Diffie-Hellman method: the peer's public value against a given private one.
Result<Secret, KeyExchangeError> derive(Library& library, KeyExchangeMethod method, Octets private_value,
                                        OctetView peer) {
  auto random = random_for(method, std::move(private_value));
  auto begun = begin_key_exchange(library, method, random);
  CHECK(begun.has_value());
  return finish_key_exchange(library, std::move(begun->state), peer);
}

// Row D03: points that are not on the curve, coordinates that are no field elements, compressed and truncated points.
void check_curve(const char* file, KeyExchangeMethod method, int expected) {
  Library library;
  int ran = 0;
  for_each_vector(file, [&](const json&, const json& vector) {
    ++ran;
    const Octets point = octets_of(vector, "public");
    const bool uncompressed = !point.empty() && point.front() == 4;
    const auto peer = std::span(point).subspan(uncompressed ? 1 : 0);
    const auto shared = derive(library, method, octets_of(vector, "private"), peer);
    ASSERT_EQ(shared.has_value(), is_valid(vector));
    if (shared) {
      EXPECT_EQ(to_octets(shared->reveal()), octets_of(vector, "shared"));
    }
  });
  EXPECT_EQ(ran, expected);
}

TEST(Wycheproof, D03_ecp_256) { check_curve("ecdh_secp256r1_ecpoint_test.json", KeyExchangeMethod::ECP_256, 355); }
TEST(Wycheproof, D03_ecp_384) { check_curve("ecdh_secp384r1_ecpoint_test.json", KeyExchangeMethod::ECP_384, 790); }
TEST(Wycheproof, D03_ecp_521) { check_curve("ecdh_secp521r1_ecpoint_test.json", KeyExchangeMethod::ECP_521, 661); }

// Row D04: "acceptable" are the public values that are not canonical, lie on the twist or have a small order. RFC 7748 §5 says
// to take the first two; those of small order give the all-zero output, which is refused.
void check_montgomery(const char* file, KeyExchangeMethod method, int expected, int expected_zero) {
  Library library;
  int ran = 0;
  int zero = 0;
  for_each_vector(file, [&](const json&, const json& vector) {
    ++ran;
    const Octets peer = octets_of(vector, "public");
    const Octets shared = octets_of(vector, "shared");
    const auto& flags = vector.at("flags");
    const bool is_zero = std::ranges::find(flags, "ZeroSharedSecret") != flags.end();
    const auto derived = derive(library, method, octets_of(vector, "private"), peer);
    if (peer.size() != initiator_value_octets(method)) {
      ASSERT_FALSE(derived.has_value());
      EXPECT_EQ(derived.error(), KeyExchangeError::public_value_length);
    } else if (is_zero) {
      ++zero;
      ASSERT_FALSE(derived.has_value());
      EXPECT_EQ(derived.error(), KeyExchangeError::shared_secret_zero);
    } else {
      ASSERT_TRUE(derived.has_value());
      EXPECT_EQ(to_octets(derived->reveal()), shared);
    }
  });
  EXPECT_EQ(ran, expected);
  EXPECT_EQ(zero, expected_zero);
}

TEST(Wycheproof, D04_x25519) { check_montgomery("x25519_test.json", KeyExchangeMethod::CURVE25519, 518, 31); }
TEST(Wycheproof, D04_x448) { check_montgomery("x448_test.json", KeyExchangeMethod::CURVE448, 510, 11); }

// Row D07: a seed gives the same key and, with a ciphertext, the same secret; a ciphertext of another length is refused, a wrong
// one of the right length gives another secret (implicit rejection).
void check_ml_kem(const char* file, KeyExchangeMethod method) {
  Library library;
  if (!library.supports(key_exchange(method))) GTEST_SKIP() << "this OpenSSL has no ML-KEM";
  int ran = 0;
  for_each_vector(file, [&](const json&, const json& vector) {
    const Octets seed = octets_of(vector, "seed");
    const Octets ciphertext = octets_of(vector, "c");
    if (seed.size() != 64) return;
    ++ran;
    FixedRandom random(seed);
    auto begun = begin_key_exchange(library, method, random);
    ASSERT_TRUE(begun.has_value());
    if (vector.contains("ek")) {
      EXPECT_EQ(begun->public_value, octets_of(vector, "ek"));
    }
    const auto shared = finish_key_exchange(library, std::move(begun->state), ciphertext);
    ASSERT_EQ(shared.has_value(), is_valid(vector));
    if (shared) {
      EXPECT_EQ(to_octets(shared->reveal()), octets_of(vector, "K"));
    } else {
      EXPECT_EQ(shared.error(), KeyExchangeError::public_value_length);
    }
  });
  EXPECT_GT(ran, 100);
}

TEST(Wycheproof, D07_ml_kem_512) { check_ml_kem("mlkem_512_test.json", KeyExchangeMethod::ML_KEM_512); }
TEST(Wycheproof, D07_ml_kem_768) { check_ml_kem("mlkem_768_test.json", KeyExchangeMethod::ML_KEM_768); }
TEST(Wycheproof, D07_ml_kem_1024) { check_ml_kem("mlkem_1024_test.json", KeyExchangeMethod::ML_KEM_1024); }

}  // namespace
}  // namespace keypact::crypto
