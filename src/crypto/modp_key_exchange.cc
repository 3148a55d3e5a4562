// Diffie-Hellman over the MODP groups, on OpenSSL's modular exponentiation: EVP cannot make a key from our randomness without
// computing the public value first, which is all there is to it. RFC 7296 §2.14, RFC 3526, RFC 6989 §2.1.
#include <openssl/bn.h>

#include "base/check.h"
#include "crypto/key_exchange_algorithm.h"

namespace keypact::crypto {
namespace {

BIGNUM* group_prime(KeyExchangeMethod method) {
  switch (method) {
    case KeyExchangeMethod::MODP_1024: return BN_get_rfc2409_prime_1024(nullptr);
    case KeyExchangeMethod::MODP_1536: return BN_get_rfc3526_prime_1536(nullptr);
    case KeyExchangeMethod::MODP_2048: return BN_get_rfc3526_prime_2048(nullptr);
    case KeyExchangeMethod::MODP_3072: return BN_get_rfc3526_prime_3072(nullptr);
    case KeyExchangeMethod::MODP_4096: return BN_get_rfc3526_prime_4096(nullptr);
    case KeyExchangeMethod::MODP_6144: return BN_get_rfc3526_prime_6144(nullptr);
    case KeyExchangeMethod::MODP_8192: return BN_get_rfc3526_prime_8192(nullptr);
    default: return nullptr;
  }
}

class ModpKeyExchange final : public DiffieHellman {
 public:
  ModpKeyExchange(const KeyExchangeInfo& info, BIGNUM* prime)
      : info_(info),
        prime_(prime),
        prime_less_one_(BN_dup(prime)),
        generator_(BN_new()),
        peer_(BN_new()),
        result_(BN_new()),
        scratch_(BN_CTX_new()),
        montgomery_(BN_MONT_CTX_new()) {
    CHECK(prime_less_one_ && generator_ && peer_ && result_ && scratch_ && montgomery_);
    CHECK(BN_sub_word(prime_less_one_.get(), 1) == 1 && BN_set_word(generator_.get(), 2) == 1);
    CHECK(BN_MONT_CTX_set(montgomery_.get(), prime, scratch_.get()) == 1);
  }

  Octets begin(RandomSource& random, KeyExchangeState::Impl& state) override {
    Secret exponent(info_.private_octets);
    random.fill(exponent.reveal_mutable());
    exponent.reveal_mutable()[0] |= 0x80;  // never zero, and of one length
    state.scalar.reset(BN_bin2bn(exponent.reveal().data(), static_cast<int>(exponent.size()), nullptr));
    CHECK(state.scalar != nullptr);
    Octets value(info_.initiator_value);
    power(generator_.get(), state.scalar.get(), value);
    return value;
  }

 protected:
  // RFC 6989 §2.1: 1 < r < p - 1. These groups have safe primes: nothing else has a small order.
  bool take_peer(OctetView value) override {
    CHECK(BN_bin2bn(value.data(), static_cast<int>(value.size()), peer_.get()) != nullptr);
    return !BN_is_zero(peer_.get()) && !BN_is_one(peer_.get()) && BN_cmp(peer_.get(), prime_less_one_.get()) < 0;
  }

  Result<Secret, KeyExchangeError> derive(KeyExchangeState::Impl& state) override {
    Secret shared(info_.initiator_value);
    power(peer_.get(), state.scalar.get(), shared.reveal_mutable());
    return shared;
  }

 private:
  // RFC 7296 §2.14: g^ir has the octets of the modulus, with leading zeros.
  void power(const BIGNUM* base, const BIGNUM* exponent, MutableOctets out) {
    CHECK(BN_mod_exp_mont_consttime(result_.get(), base, exponent, prime_.get(), scratch_.get(), montgomery_.get()) ==
          1);
    CHECK(BN_bn2binpad(result_.get(), out.data(), static_cast<int>(out.size())) == static_cast<int>(out.size()));
    BN_clear(result_.get());
  }

  const KeyExchangeInfo& info_;
  Handle<bignum_st> prime_;
  Handle<bignum_st> prime_less_one_;
  Handle<bignum_st> generator_;
  Handle<bignum_st> peer_;
  Handle<bignum_st> result_;
  Handle<bignum_ctx> scratch_;
  Handle<bn_mont_ctx_st> montgomery_;
};

}  // namespace

std::unique_ptr<KeyExchangeAlgorithm> make_modp(const KeyExchangeInfo& info) {
  auto* const prime = group_prime(info.method);
  return prime == nullptr ? nullptr : std::make_unique<ModpKeyExchange>(info, prime);
}

}  // namespace keypact::crypto
