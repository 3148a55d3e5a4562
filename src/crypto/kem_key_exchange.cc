// ML-KEM (FIPS 203) where OpenSSL has it (3.5): the initiator sends an encapsulation key, the responder a ciphertext.
// Parameters go by their names, so that this compiles with an older OpenSSL as well.
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>

#include "base/check.h"
#include "crypto/key_exchange_algorithm.h"
#include "crypto/key_import.h"

namespace keypact::crypto {
namespace {

constexpr const char* kSeed = "seed";  // d | z of FIPS 203
constexpr const char* kEncapsulationRandomness = "ikme";
constexpr std::size_t kRandomnessOctets = 32;
constexpr std::size_t kSharedOctets = 32;

class KemKeyExchange final : public KeyExchangeAlgorithm {
 public:
  KemKeyExchange(const KeyExchangeInfo& info, KeyImport import) : info_(info), import_(std::move(import)) {}

  Octets begin(RandomSource& random, KeyExchangeState::Impl& state) override {
    Secret seed(info_.private_octets);
    random.fill(seed.reveal_mutable());
    state.key = import_.key_of(kSeed, seed.reveal(), EVP_PKEY_KEYPAIR);
    CHECK(state.key != nullptr);
    Octets value(info_.initiator_value);
    std::size_t size = 0;
    CHECK(EVP_PKEY_get_octet_string_param(state.key.get(), OSSL_PKEY_PARAM_PUB_KEY, value.data(), value.size(),
                                          &size) == 1);
    CHECK(size == value.size());
    return value;
  }

  Result<Responded, KeyExchangeError> respond(OctetView initiator_value, RandomSource& random) override {
    // FIPS 203 §7.2: the import refuses a key whose coefficients are not reduced.
    const auto key = import_.key_of(OSSL_PKEY_PARAM_PUB_KEY, initiator_value, EVP_PKEY_PUBLIC_KEY);
    if (!key) return failure(KeyExchangeError::public_value_invalid);
    Secret randomness(kRandomnessOctets);
    random.fill(randomness.reveal_mutable());
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(kEncapsulationRandomness,
                                                                 randomness.reveal_mutable().data(), randomness.size()),
                               OSSL_PARAM_construct_end()};
    const Handle<evp_pkey_ctx_st> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    CHECK(context && EVP_PKEY_encapsulate_init(context.get(), parameters) == 1);
    Responded responded{Octets(info_.responder_value), Secret(kSharedOctets)};
    std::size_t ciphertext = responded.public_value.size();
    std::size_t shared = kSharedOctets;
    CHECK(EVP_PKEY_encapsulate(context.get(), responded.public_value.data(), &ciphertext,
                               responded.shared_secret.reveal_mutable().data(), &shared) == 1);
    CHECK(ciphertext == info_.responder_value && shared == kSharedOctets);
    return responded;
  }

  // A wrong ciphertext of the right length gives a secret that the peer does not have: the AUTH payload fails later.
  Result<Secret, KeyExchangeError> finish(KeyExchangeState::Impl& state, OctetView responder_value) override {
    const Handle<evp_pkey_ctx_st> context(EVP_PKEY_CTX_new_from_pkey(nullptr, state.key.get(), nullptr));
    CHECK(context && EVP_PKEY_decapsulate_init(context.get(), nullptr) == 1);
    Secret shared(kSharedOctets);
    std::size_t size = shared.size();
    if (EVP_PKEY_decapsulate(context.get(), shared.reveal_mutable().data(), &size, responder_value.data(),
                             responder_value.size()) == 1 &&
        size == kSharedOctets)
      return shared;
    forget_openssl_errors();
    return failure(KeyExchangeError::public_value_invalid);
  }

 private:
  const KeyExchangeInfo& info_;
  KeyImport import_;
};

}  // namespace

std::unique_ptr<KeyExchangeAlgorithm> make_kem(const KeyExchangeInfo& info) {
  auto import = KeyImport::of(info.name);
  return import ? std::make_unique<KemKeyExchange>(info, *std::move(import)) : nullptr;
}

}  // namespace keypact::crypto
