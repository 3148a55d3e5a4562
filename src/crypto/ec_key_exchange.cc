// Diffie-Hellman over the ECP and Brainpool curves, on OpenSSL's point multiplication: EVP cannot make a key from our
// randomness without computing the public point first, and would check the peer's point twice. RFC 5903, RFC 6954, RFC 6989.
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "crypto/key_exchange_algorithm.h"

namespace keypact::crypto {
namespace {

constexpr std::size_t kPointMaxOctets = 1 + 2 * 66;
// Reducing this many octets more than the order has makes the bias of the scalar negligible (FIPS 186-5 A.2.1).
constexpr std::size_t kExtraOctets = 8;

class EcKeyExchange final : public DiffieHellman {
 public:
  EcKeyExchange(const KeyExchangeInfo& info, Handle<ec_group_st> group)
      : info_(info),
        group_(std::move(group)),
        order_less_one_(BN_dup(EC_GROUP_get0_order(group_.get()))),
        x_(BN_new()),
        point_(EC_POINT_new(group_.get())),
        peer_(EC_POINT_new(group_.get())),
        scratch_(BN_CTX_new()) {
    CHECK(order_less_one_ && x_ && point_ && peer_ && scratch_ && BN_sub_word(order_less_one_.get(), 1) == 1);
  }

  Octets begin(RandomSource& random, KeyExchangeState::Impl& state) override {
    state.scalar = random_scalar(random);
    CHECK(EC_POINT_mul(group_.get(), point_.get(), state.scalar.get(), nullptr, nullptr, scratch_.get()) == 1);
    std::array<std::uint8_t, kPointMaxOctets> encoded;
    const std::size_t octets = 1 + info_.initiator_value;
    CHECK(EC_POINT_point2oct(group_.get(), point_.get(), POINT_CONVERSION_UNCOMPRESSED, encoded.data(), octets,
                             scratch_.get()) == octets);
    // RFC 5903 §7: x | y, without the octet that says uncompressed.
    return {encoded.begin() + 1, encoded.begin() + static_cast<std::ptrdiff_t>(octets)};
  }

 protected:
  // RFC 6989 §2.3: refuses coordinates that are no field elements and points that are not on the curve. The cofactor is one,
  // so that nothing on the curve has a small order, and infinity cannot be written as x | y.
  bool take_peer(OctetView value) override {
    std::array<std::uint8_t, kPointMaxOctets> encoded;
    encoded[0] = POINT_CONVERSION_UNCOMPRESSED;
    std::ranges::copy(value, encoded.begin() + 1);
    if (EC_POINT_oct2point(group_.get(), peer_.get(), encoded.data(), 1 + value.size(), scratch_.get()) == 1)
      return true;
    forget_openssl_errors();
    return false;
  }

  // RFC 5903 §7: the shared secret is the x coordinate alone.
  Result<Secret, KeyExchangeError> derive(KeyExchangeState::Impl& state) override {
    CHECK(EC_POINT_mul(group_.get(), peer_.get(), nullptr, peer_.get(), state.scalar.get(), scratch_.get()) == 1);
    CHECK(EC_POINT_get_affine_coordinates(group_.get(), peer_.get(), x_.get(), nullptr, scratch_.get()) == 1);
    Secret shared(info_.initiator_value / 2);
    const int octets = static_cast<int>(shared.size());
    CHECK(BN_bn2binpad(x_.get(), shared.reveal_mutable().data(), octets) == octets);
    BN_clear(x_.get());
    return shared;
  }

 private:
  // Uniform in 1 .. n-1.
  Handle<bignum_st> random_scalar(RandomSource& random) {
    Secret octets(info_.private_octets + kExtraOctets);
    random.fill(octets.reveal_mutable());
    Handle<bignum_st> wide(BN_bin2bn(octets.reveal().data(), static_cast<int>(octets.size()), nullptr));
    Handle<bignum_st> scalar(BN_new());
    CHECK(wide && scalar);
    BN_set_flags(wide.get(), BN_FLG_CONSTTIME);
    BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
    CHECK(BN_mod(scalar.get(), wide.get(), order_less_one_.get(), scratch_.get()) == 1);
    CHECK(BN_add_word(scalar.get(), 1) == 1);
    return scalar;
  }

  const KeyExchangeInfo& info_;
  Handle<ec_group_st> group_;
  Handle<bignum_st> order_less_one_;
  Handle<bignum_st> x_;
  Handle<ec_point_st> point_;
  Handle<ec_point_st> peer_;
  Handle<bignum_ctx> scratch_;
};

}  // namespace

std::unique_ptr<KeyExchangeAlgorithm> make_ec(const KeyExchangeInfo& info) {
  Handle<ec_group_st> group(EC_GROUP_new_by_curve_name(OBJ_txt2nid(info.name)));
  if (group) return std::make_unique<EcKeyExchange>(info, std::move(group));
  forget_openssl_errors();
  return nullptr;
}

}  // namespace keypact::crypto
