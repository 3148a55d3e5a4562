// The vectors of the RFCs and of NIST: tests/data/crypto/rfc_vectors.json and nist_vectors.json.
#include <openssl/bn.h>

#include "crypto/library_impl.h"
#include "crypto/packet_cipher.h"
#include "crypto/prf.h"
#include "crypto/test_vectors.h"

namespace keypact::crypto {
namespace {

using nlohmann::json;

json rfc_vectors(const char* kind) { return read_vectors("crypto/rfc_vectors.json").at(kind); }
json nist_vectors(const char* kind) { return read_vectors("crypto/nist_vectors.json").at(kind); }

std::string text_of(const json& vector, const char* member) { return vector.at(member).get<std::string>(); }

TEST(RfcVectors, AreAllThere) {
  EXPECT_EQ(rfc_vectors("prf").size(), 46u);
  EXPECT_EQ(rfc_vectors("integrity").size(), 23u);
  EXPECT_EQ(rfc_vectors("cipher").size(), 19u);
  EXPECT_EQ(rfc_vectors("key_exchange").size(), 19u);
}

TEST(RfcVectors, Prf) {
  Library library;
  const auto vectors = rfc_vectors("prf");
  for (const auto& vector : vectors) {
    SCOPED_TRACE(text_of(vector, "source"));
    const auto id = named<PrfId>(text_of(vector, "id"));
    const auto message = octets_of(vector, "message");
    const auto output = prf(library, id, octets_of(vector, "key"), {message});
    EXPECT_EQ(to_hex(output.reveal()), text_of(vector, "output"));
  }
}

TEST(RfcVectors, PrfOfEveryDivisionOfTheMessage) {
  Library library;
  const auto vectors = rfc_vectors("prf");
  for (const auto& vector : vectors) {
    SCOPED_TRACE(text_of(vector, "source"));
    const auto id = named<PrfId>(text_of(vector, "id"));
    const Octets message = octets_of(vector, "message");
    const Octets key = octets_of(vector, "key");
    for (std::size_t at = 0; at <= message.size() && at < 70; ++at) {
      const auto whole = std::span(message);
      const std::size_t middle = std::min(at + at / 3, message.size());
      const auto output =
          prf(library, id, key, {whole.first(at), whole.subspan(at, middle - at), {}, whole.subspan(middle)});
      ASSERT_EQ(to_hex(output.reveal()), text_of(vector, "output")) << at;
    }
  }
}

TEST(RfcVectors, Integrity) {
  Library library;
  const auto vectors = rfc_vectors("integrity");
  for (const auto& vector : vectors) {
    SCOPED_TRACE(text_of(vector, "source"));
    PacketKeys keys{{EncryptionId::ENCR_NULL, 0, named<IntegrityId>(text_of(vector, "id"))}, {}, {}};
    keys.integrity = Secret::copy_of(octets_of(vector, "key"));
    Octets message = octets_of(vector, "message");
    Octets icv(packet_sizes(keys.algorithms).icv);
    seal(library, keys, {{}, {}, message, {}}, icv);
    EXPECT_EQ(to_hex(icv), text_of(vector, "icv"));
    EXPECT_TRUE(open(library, keys, {{}, {}, message, {}}, icv));
    icv.back() ^= 0x80;
    EXPECT_FALSE(open(library, keys, {{}, {}, message, {}}, icv));
  }
}

TEST(RfcVectors, PacketCipher) {
  Library library;
  const auto vectors = rfc_vectors("cipher");
  for (const auto& vector : vectors) {
    SCOPED_TRACE(text_of(vector, "source"));
    PacketAlgorithms algorithms{named<EncryptionId>(text_of(vector, "id")), vector.at("key_bits").get<std::uint16_t>(),
                                IntegrityId::NONE};
    if (!is_aead(algorithms.encryption)) algorithms.integrity = IntegrityId::AUTH_HMAC_SHA2_256_128;
    const auto sizes = packet_sizes(algorithms);
    const PacketKeys keys{algorithms, Secret::copy_of(octets_of(vector, "key")), Secret(sizes.integrity_key)};
    const Octets associated = octets_of(vector, "associated");
    const Octets iv = octets_of(vector, "iv");
    const Octets plain = octets_of(vector, "text");
    Octets text = plain;
    Octets icv(sizes.icv);
    seal(library, keys, {associated, iv, text, {}}, icv);
    EXPECT_EQ(to_hex(text), text_of(vector, "ciphertext"));
    if (vector.contains("icv")) {
      EXPECT_EQ(to_hex(icv), text_of(vector, "icv"));
    }
    EXPECT_TRUE(open(library, keys, {associated, iv, text, {}}, icv));
    EXPECT_EQ(text, plain);
  }
}

TEST(RfcVectors, KeyExchange) {
  Library library;
  const auto vectors = rfc_vectors("key_exchange");
  for (const auto& vector : vectors) {
    SCOPED_TRACE(text_of(vector, "source"));
    const auto method = named<KeyExchangeMethod>(text_of(vector, "method"));
    auto initiator = random_for(method, octets_of(vector, "initiator_private"));
    auto responder = random_for(method, octets_of(vector, "responder_private"));
    auto begun = begin_key_exchange(library, method, initiator);
    ASSERT_TRUE(begun.has_value());
    EXPECT_EQ(to_hex(begun->public_value), text_of(vector, "initiator_value"));
    const auto responded = respond_key_exchange(library, method, begun->public_value, responder);
    ASSERT_TRUE(responded.has_value());
    EXPECT_EQ(to_hex(responded->public_value), text_of(vector, "responder_value"));
    EXPECT_EQ(to_hex(responded->shared_secret.reveal()), text_of(vector, "shared"));
    const auto shared = finish_key_exchange(library, std::move(begun->state), responded->public_value);
    ASSERT_TRUE(shared.has_value());
    EXPECT_EQ(to_hex(shared->reveal()), text_of(vector, "shared"));
  }
}

// RFC 7296 §2.14, §2.17, §2.18: all that NIST's component test of the key derivation of IKEv2 asks.
TEST(NistVectors, Ikev2KeyDerivation) {
  Library library;
  const auto vectors = nist_vectors("ikev2_kdf");
  for (const auto& vector : vectors) {
    SCOPED_TRACE(text_of(vector, "source"));
    const auto id = named<PrfId>(text_of(vector, "prf"));
    const Octets ni = octets_of(vector, "ni");
    const Octets nr = octets_of(vector, "nr");
    const Octets gir = octets_of(vector, "gir");
    const Octets spii = octets_of(vector, "spii");
    const Octets spir = octets_of(vector, "spir");
    Octets nonces = ni;
    append(nonces, nr);
    const Secret skeyseed = prf(library, id, nonces, {gir});
    EXPECT_EQ(to_hex(skeyseed.reveal()), text_of(vector, "skeyseed"));
    const std::size_t octets = octets_of(vector, "dkm").size();
    const Secret keymat = prf_plus(library, id, skeyseed.reveal(), {ni, nr, spii, spir}, octets);
    EXPECT_EQ(to_hex(keymat.reveal()), text_of(vector, "dkm"));
    if (!vector.contains("skeyseed_rekey")) continue;
    const Octets gir_new = octets_of(vector, "gir_new");
    const auto sk_d = keymat.reveal().first(prf_octets(id));
    EXPECT_EQ(to_hex(prf_plus(library, id, sk_d, {ni, nr}, octets).reveal()), text_of(vector, "dkm_child"));
    EXPECT_EQ(to_hex(prf_plus(library, id, sk_d, {gir_new, ni, nr}, octets).reveal()), text_of(vector, "dkm_child_dh"));
    EXPECT_EQ(to_hex(prf(library, id, sk_d, {gir_new, ni, nr}).reveal()), text_of(vector, "skeyseed_rekey"));
  }
}

// The exponents of NIST have the length of the modulus, which ours never have: they go in below the random source. The peer's
// value 2 is the generator.
TEST(NistVectors, Modp) {
  Library library;
  const auto vectors = nist_vectors("modp");
  for (const auto& vector : vectors) {
    SCOPED_TRACE(text_of(vector, "source"));
    const auto method = named<KeyExchangeMethod>(text_of(vector, "method"));
    const Octets exponent = octets_of(vector, "private");
    auto state = std::make_unique<KeyExchangeState::Impl>();
    state->method = method;
    state->scalar.reset(BN_bin2bn(exponent.data(), static_cast<int>(exponent.size()), nullptr));
    Octets generator(initiator_value_octets(method), 0);
    generator.back() = 2;
    const auto value = finish_key_exchange(library, KeyExchangeState(std::move(state)), generator);
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(to_hex(value->reveal()), text_of(vector, "value"));
  }
}

}  // namespace
}  // namespace keypact::crypto
