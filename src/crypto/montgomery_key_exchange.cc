// X25519 and X448. RFC 7748, RFC 8031; the all-zero check of RFC 7748 §6.1 is OpenSSL's.
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/check.h"
#include "crypto/key_exchange_algorithm.h"
#include "crypto/key_import.h"

namespace keypact::crypto {
namespace {

class MontgomeryKeyExchange final : public DiffieHellman {
 public:
  MontgomeryKeyExchange(const KeyExchangeInfo& info, KeyImport import) : info_(info), import_(std::move(import)) {}

  Octets begin(RandomSource& random, KeyExchangeState::Impl& state) override {
    Secret octets(info_.private_octets);
    random.fill(octets.reveal_mutable());
    state.key = import_.key_of(OSSL_PKEY_PARAM_PRIV_KEY, octets.reveal(), EVP_PKEY_KEYPAIR);
    CHECK(state.key != nullptr);
    Octets value(info_.initiator_value);
    std::size_t size = value.size();
    CHECK(EVP_PKEY_get_raw_public_key(state.key.get(), value.data(), &size) == 1 && size == value.size());
    return value;
  }

 protected:
  // RFC 7748 §5: every string of this length is a value; the peers that give no security show in the shared secret.
  bool take_peer(OctetView value) override {
    peer_ = import_.key_of(OSSL_PKEY_PARAM_PUB_KEY, value, EVP_PKEY_PUBLIC_KEY);
    CHECK(peer_ != nullptr);
    return true;
  }

  Result<Secret, KeyExchangeError> derive(KeyExchangeState::Impl& state) override {
    const Handle<evp_pkey_ctx_st> derivation(EVP_PKEY_CTX_new_from_pkey(nullptr, state.key.get(), nullptr));
    CHECK(peer_ && derivation && EVP_PKEY_derive_init(derivation.get()) == 1);
    CHECK(EVP_PKEY_derive_set_peer_ex(derivation.get(), peer_.get(), 0) == 1);
    Secret shared(info_.initiator_value);
    std::size_t size = shared.size();
    const bool derived = EVP_PKEY_derive(derivation.get(), shared.reveal_mutable().data(), &size) == 1;
    // Once more here: older releases of OpenSSL left this check to the caller.
    std::uint8_t any = 0;
    for (const auto octet : shared.reveal()) any = static_cast<std::uint8_t>(any | octet);
    if (derived && size == shared.size() && any != 0) return shared;
    forget_openssl_errors();
    return failure(KeyExchangeError::shared_secret_zero);
  }

 private:
  const KeyExchangeInfo& info_;
  KeyImport import_;
  Handle<evp_pkey_st> peer_;
};

}  // namespace

std::unique_ptr<KeyExchangeAlgorithm> make_montgomery(const KeyExchangeInfo& info) {
  auto import = KeyImport::of(info.name);
  return import ? std::make_unique<MontgomeryKeyExchange>(info, *std::move(import)) : nullptr;
}

}  // namespace keypact::crypto
