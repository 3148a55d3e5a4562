// What crypto/ costs beside bare EVP calls with contexts that are kept: random octets, PRF, packets, key exchange.
#include <benchmark/benchmark.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "base/check.h"
#include "crypto/key_exchange.h"
#include "crypto/openssl_handles.h"
#include "crypto/packet_cipher.h"
#include "crypto/prf.h"
#include "crypto/system_random.h"

namespace keypact::crypto {
namespace {

SystemRandom& system_random() {
  static const std::unique_ptr<SystemRandom> random = std::move(*SystemRandom::open());
  return *random;
}

void Random32(benchmark::State& state) {
  std::array<std::uint8_t, 32> octets{};
  for (auto _ : state) system_random().fill(octets);
}
BENCHMARK(Random32);

void Random32Bare(benchmark::State& state) {
  std::array<std::uint8_t, 32> octets{};
  for (auto _ : state) CHECK(RAND_priv_bytes(octets.data(), 32) == 1);
}
BENCHMARK(Random32Bare);

// --- PRF_HMAC_SHA2_256: a new key each time, as the key hierarchy of IKE has it ---

Handle<evp_mac_ctx_st> hmac_sha256() {
  const Handle<evp_mac_st> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  Handle<evp_mac_ctx_st> context(EVP_MAC_CTX_new(hmac.get()));
  char digest[] = "SHA2-256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  CHECK(EVP_MAC_CTX_set_params(context.get(), parameters) == 1);
  return context;
}

void PrfSha256(benchmark::State& state) {
  Library library;
  const Octets key = system_random().octets(32);
  const Octets message = system_random().octets(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(prf(library, PrfId::PRF_HMAC_SHA2_256, key, {message}));
}
BENCHMARK(PrfSha256)->Arg(100);

void PrfSha256Bare(benchmark::State& state) {
  const auto context = hmac_sha256();
  const Octets key = system_random().octets(32);
  const Octets message = system_random().octets(static_cast<std::size_t>(state.range(0)));
  std::array<std::uint8_t, 32> out{};
  std::size_t written = 0;
  for (auto _ : state) {
    EVP_MAC_init(context.get(), key.data(), key.size(), nullptr);
    EVP_MAC_update(context.get(), message.data(), message.size());
    CHECK(EVP_MAC_final(context.get(), out.data(), &written, out.size()) == 1);
  }
}
BENCHMARK(PrfSha256Bare)->Arg(100);

/// The seven keys of an IKE SA with AES-256-GCM and HMAC-SHA2-256 are 168 octets, those with CBC and HMAC 224.
void PrfPlusSha256(benchmark::State& state) {
  Library library;
  const Octets key = system_random().octets(32);
  const Octets nonce = system_random().octets(32);
  const Octets spi = system_random().octets(8);
  for (auto _ : state)
    benchmark::DoNotOptimize(prf_plus(library, PrfId::PRF_HMAC_SHA2_256, key, {nonce, nonce, spi, spi},
                                      static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(PrfPlusSha256)->Arg(224);

void PrfPlusSha256Bare(benchmark::State& state) {
  const auto context = hmac_sha256();
  const Octets key = system_random().octets(32);
  const Octets seed = system_random().octets(80);
  std::array<std::uint8_t, 32> block{};
  std::size_t written = 0;
  for (auto _ : state) {
    CHECK(EVP_MAC_init(context.get(), key.data(), key.size(), nullptr) == 1);
    for (std::uint8_t counter = 1; counter <= state.range(0) / 32; ++counter) {
      if (counter > 1) {
        CHECK(EVP_MAC_init(context.get(), nullptr, 0, nullptr) == 1);
        EVP_MAC_update(context.get(), block.data(), block.size());
      }
      EVP_MAC_update(context.get(), seed.data(), seed.size());
      EVP_MAC_update(context.get(), &counter, 1);
      CHECK(EVP_MAC_final(context.get(), block.data(), &written, block.size()) == 1);
    }
  }
}
BENCHMARK(PrfPlusSha256Bare)->Arg(224);

// --- packets ---

constexpr PacketAlgorithms kGcm{EncryptionId::ENCR_AES_GCM_16, 256, IntegrityId::NONE};
constexpr PacketAlgorithms kChaCha{EncryptionId::ENCR_CHACHA20_POLY1305, 0, IntegrityId::NONE};
constexpr PacketAlgorithms kCbc{EncryptionId::ENCR_AES_CBC, 256, IntegrityId::AUTH_HMAC_SHA2_256_128};

struct Packet {
  explicit Packet(const PacketAlgorithms& algorithms, benchmark::State& state)
      : keys{algorithms, Secret::copy_of(system_random().octets(packet_sizes(algorithms).encryption_key)),
             Secret::copy_of(system_random().octets(packet_sizes(algorithms).integrity_key))},
        header(system_random().octets(8)),
        iv(system_random().octets(packet_sizes(algorithms).iv)),
        text(static_cast<std::size_t>(state.range(0)) / 16 * 16),
        icv(packet_sizes(algorithms).icv) {}
  [[nodiscard]] PacketView view() { return {header, iv, text, {}}; }

  PacketKeys keys;
  Octets header;
  Octets iv;
  Octets text;
  Octets icv;
};

template <const PacketAlgorithms& algorithms>
void Seal(benchmark::State& state) {
  Library library;
  Packet packet(algorithms, state);
  PacketSealer sealer(library, packet.keys);
  for (auto _ : state) sealer.seal(packet.view(), packet.icv);
}

/// Sealing and opening the same packet again: opening alone would need a fresh ciphertext each time.
template <const PacketAlgorithms& algorithms>
void SealOpen(benchmark::State& state) {
  Library library;
  Packet packet(algorithms, state);
  PacketSealer sealer(library, packet.keys);
  PacketOpener opener(library, packet.keys);
  for (auto _ : state) {
    sealer.seal(packet.view(), packet.icv);
    CHECK(opener.open(packet.view(), packet.icv));
  }
}

/// The free function: as IKE does it, keyed each time.
template <const PacketAlgorithms& algorithms>
void SealKeyed(benchmark::State& state) {
  Library library;
  Packet packet(algorithms, state);
  for (auto _ : state) seal(library, packet.keys, packet.view(), packet.icv);
}

/// A context that keeps its key, or takes it again for each packet.
template <const PacketAlgorithms& algorithms>
class BareAead {
 public:
  BareAead(const char* name, benchmark::State& state) : packet_(algorithms, state), nonce_(12) {
    const Handle<evp_cipher_st> cipher(EVP_CIPHER_fetch(nullptr, name, nullptr));
    for (auto* context : {&seal_, &open_}) {
      context->reset(EVP_CIPHER_CTX_new());
      CHECK(EVP_CipherInit_ex2(context->get(), cipher.get(), packet_.keys.encryption.reveal().data(), nonce_.data(),
                               context == &seal_ ? 1 : 0, nullptr) == 1);
    }
  }

  void rekey() {
    EVP_CipherInit_ex2(seal_.get(), nullptr, packet_.keys.encryption.reveal().data(), nullptr, 1, nullptr);
  }

  void seal() {
    auto* const context = start(seal_);
    EVP_CipherFinal_ex(context, packet_.text.data(), &written_);
    OSSL_PARAM tag[] = {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, packet_.icv.data(), 16),
                        OSSL_PARAM_construct_end()};
    CHECK(EVP_CIPHER_CTX_get_params(context, tag) == 1);
  }

  void open() {
    const OSSL_PARAM tag[] = {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, packet_.icv.data(), 16),
                              OSSL_PARAM_construct_end()};
    EVP_CIPHER_CTX_set_params(open_.get(), tag);
    auto* const context = start(open_);
    CHECK(EVP_CipherFinal_ex(context, packet_.text.data(), &written_) == 1);
  }

 private:
  evp_cipher_ctx_st* start(Handle<evp_cipher_ctx_st>& context) {
    auto& text = packet_.text;
    EVP_CipherInit_ex2(context.get(), nullptr, nullptr, nonce_.data(), -1, nullptr);
    EVP_CipherUpdate(context.get(), nullptr, &written_, packet_.header.data(), 8);
    EVP_CipherUpdate(context.get(), text.data(), &written_, text.data(), static_cast<int>(text.size()));
    return context.get();
  }

  Packet packet_;
  Octets nonce_;
  Handle<evp_cipher_ctx_st> seal_;
  Handle<evp_cipher_ctx_st> open_;
  int written_ = 0;
};

template <const PacketAlgorithms& algorithms>
void bare_seal(benchmark::State& state, const char* name) {
  BareAead<algorithms> bare(name, state);
  for (auto _ : state) bare.seal();
}

void SealGcmBare(benchmark::State& state) { bare_seal<kGcm>(state, "AES-256-GCM"); }
void SealChaChaBare(benchmark::State& state) { bare_seal<kChaCha>(state, "ChaCha20-Poly1305"); }

void SealKeyedGcmBare(benchmark::State& state) {
  BareAead<kGcm> bare("AES-256-GCM", state);
  for (auto _ : state) {
    bare.rekey();
    bare.seal();
  }
}

void SealOpenGcmBare(benchmark::State& state) {
  BareAead<kGcm> bare("AES-256-GCM", state);
  for (auto _ : state) {
    bare.seal();
    bare.open();
  }
}

void SealCbcBare(benchmark::State& state) {
  Packet packet(kCbc, state);
  const Handle<evp_cipher_st> cipher(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr));
  const Handle<evp_cipher_ctx_st> context(EVP_CIPHER_CTX_new());
  CHECK(EVP_CipherInit_ex2(context.get(), cipher.get(), packet.keys.encryption.reveal().data(), packet.iv.data(), 1,
                           nullptr) == 1);
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  const auto mac = hmac_sha256();
  CHECK(EVP_MAC_init(mac.get(), packet.keys.integrity.reveal().data(), 32, nullptr) == 1);
  std::array<std::uint8_t, 32> icv{};
  std::size_t octets = 0;
  int written = 0;
  for (auto _ : state) {
    EVP_CipherInit_ex2(context.get(), nullptr, nullptr, packet.iv.data(), -1, nullptr);
    EVP_CipherUpdate(context.get(), packet.text.data(), &written, packet.text.data(),
                     static_cast<int>(packet.text.size()));
    EVP_MAC_init(mac.get(), nullptr, 0, nullptr);
    EVP_MAC_update(mac.get(), packet.header.data(), 8);
    EVP_MAC_update(mac.get(), packet.iv.data(), 16);
    EVP_MAC_update(mac.get(), packet.text.data(), packet.text.size());
    CHECK(EVP_MAC_final(mac.get(), icv.data(), &octets, icv.size()) == 1);
  }
}

#define KEYPACT_PACKETS(function, name) BENCHMARK(function)->Name(name)->Arg(64)->Arg(512)->Arg(1400)
KEYPACT_PACKETS(Seal<kGcm>, "SealGcm");
KEYPACT_PACKETS(SealGcmBare, "SealGcmBare");
KEYPACT_PACKETS(SealKeyed<kGcm>, "SealKeyedGcm");
KEYPACT_PACKETS(SealKeyedGcmBare, "SealKeyedGcmBare");
KEYPACT_PACKETS(SealOpen<kGcm>, "SealOpenGcm");
KEYPACT_PACKETS(SealOpenGcmBare, "SealOpenGcmBare");
KEYPACT_PACKETS(Seal<kChaCha>, "SealChaCha");
KEYPACT_PACKETS(SealChaChaBare, "SealChaChaBare");
KEYPACT_PACKETS(Seal<kCbc>, "SealCbc");
KEYPACT_PACKETS(SealCbcBare, "SealCbcBare");
#undef KEYPACT_PACKETS

// --- key exchange: all that one side does, a key of its own and the secret with a peer's ---

template <KeyExchangeMethod method>
void Exchange(benchmark::State& state) {
  Library library;
  const Octets peer = begin_key_exchange(library, method, system_random())->public_value;
  for (auto _ : state) {
    auto begun = begin_key_exchange(library, method, system_random());
    CHECK(finish_key_exchange(library, std::move(begun->state), peer).has_value());
  }
}

/// Key generation and derivation of EVP with the import of the peer's value.
class BareExchange {
 public:
  BareExchange(const char* type, const char* group) {
    generation_.reset(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    CHECK(EVP_PKEY_keygen_init(generation_.get()) == 1);
    if (group != nullptr) CHECK(EVP_PKEY_CTX_set_group_name(generation_.get(), group) == 1);
    const auto peer = generate();
    std::size_t size = 0;
    CHECK(EVP_PKEY_get_octet_string_param(peer.get(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, nullptr, 0, &size) == 1);
    peer_value_.resize(size);
    CHECK(EVP_PKEY_get_octet_string_param(peer.get(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, peer_value_.data(), size,
                                          &size) == 1);
  }

  void run() {
    const auto own = generate();
    const Handle<evp_pkey_st> peer(EVP_PKEY_new());
    CHECK(EVP_PKEY_copy_parameters(peer.get(), own.get()) == 1);
    CHECK(EVP_PKEY_set1_encoded_public_key(peer.get(), peer_value_.data(), peer_value_.size()) == 1);
    const Handle<evp_pkey_ctx_st> derivation(EVP_PKEY_CTX_new_from_pkey(nullptr, own.get(), nullptr));
    CHECK(EVP_PKEY_derive_init(derivation.get()) == 1);
    CHECK(EVP_PKEY_derive_set_peer_ex(derivation.get(), peer.get(), 0) == 1);
    std::size_t size = shared_.size();
    CHECK(EVP_PKEY_derive(derivation.get(), shared_.data(), &size) == 1);
  }

 private:
  Handle<evp_pkey_st> generate() {
    evp_pkey_st* key = nullptr;
    CHECK(EVP_PKEY_keygen(generation_.get(), &key) == 1);
    return Handle<evp_pkey_st>(key);
  }

  Handle<evp_pkey_ctx_st> generation_;
  Octets peer_value_;
  std::array<std::uint8_t, 1024> shared_{};
};

void bare_exchange(benchmark::State& state, const char* type, const char* group) {
  BareExchange bare(type, group);
  for (auto _ : state) bare.run();
}

#define KEYPACT_EXCHANGE(method, name, type, group)                                   \
  BENCHMARK(Exchange<KeyExchangeMethod::method>)->Name("Exchange" name);              \
  BENCHMARK_CAPTURE(bare_exchange, method, type, group)->Name("Exchange" name "Bare")
KEYPACT_EXCHANGE(CURVE25519, "X25519", "X25519", nullptr);
KEYPACT_EXCHANGE(CURVE448, "X448", "X448", nullptr);
KEYPACT_EXCHANGE(ECP_256, "Ecp256", "EC", "P-256");
KEYPACT_EXCHANGE(ECP_384, "Ecp384", "EC", "P-384");
KEYPACT_EXCHANGE(MODP_2048, "Modp2048", "DH", "modp_2048");
KEYPACT_EXCHANGE(MODP_3072, "Modp3072", "DH", "modp_3072");
#undef KEYPACT_EXCHANGE

void StartUpSelfTest(benchmark::State& state) {
  for (auto _ : state) {
    Library library;
    CHECK(library.self_test().empty());
  }
}
BENCHMARK(StartUpSelfTest)->Unit(benchmark::kMillisecond);

void MakeLibrary(benchmark::State& state) {
  for (auto _ : state) {
    Library library;
    benchmark::DoNotOptimize(library);
  }
}
BENCHMARK(MakeLibrary)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace keypact::crypto
