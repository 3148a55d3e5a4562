// KeyExchangeAlgorithm: one method of transform type 4 with what OpenSSL precomputes for it. The four kinds stand in
// modp_key_exchange.cc, ec_key_exchange.cc, montgomery_key_exchange.cc and kem_key_exchange.cc.
#pragma once

#include "crypto/key_exchange.h"
#include "crypto/openssl_handles.h"

namespace keypact::crypto {

/// Methods are numbered below this (transform_registries.h).
inline constexpr std::size_t kKeyExchangeSlots = 38;

/// The private half: a scalar or exponent, or a key of OpenSSL with its public half, so that nothing is computed twice.
struct KeyExchangeState::Impl {
  KeyExchangeMethod method{};
  Handle<bignum_st> scalar;
  Handle<evp_pkey_st> key;
};

class KeyExchangeAlgorithm {
 public:
  virtual ~KeyExchangeAlgorithm() = default;

  /// Fills state.scalar or state.key; the public value.
  virtual Octets begin(RandomSource& random, KeyExchangeState::Impl& state) = 0;
  virtual Result<Responded, KeyExchangeError> respond(OctetView initiator_value, RandomSource& random) = 0;
  virtual Result<Secret, KeyExchangeError> finish(KeyExchangeState::Impl& state, OctetView responder_value) = 0;
};

/// Diffie-Hellman: both sides do the same, and look at the peer's value before they compute anything.
class DiffieHellman : public KeyExchangeAlgorithm {
 public:
  Result<Responded, KeyExchangeError> respond(OctetView initiator_value, RandomSource& random) override;
  Result<Secret, KeyExchangeError> finish(KeyExchangeState::Impl& state, OctetView responder_value) override;

 protected:
  /// Checks the value and keeps it for derive(). False: public_value_invalid.
  [[nodiscard]] virtual bool take_peer(OctetView value) = 0;
  virtual Result<Secret, KeyExchangeError> derive(KeyExchangeState::Impl& state) = 0;
};

enum class KeyExchangeKind : std::uint8_t { modp, ec, montgomery, kem };

struct KeyExchangeInfo {
  KeyExchangeMethod method;
  KeyExchangeKind kind;
  const char* name;             ///< OpenSSL's, where it goes by name
  std::size_t initiator_value;  ///< octets
  std::size_t responder_value;
  std::size_t private_octets;  ///< MODP: of the exponent; the curves: of a scalar, X25519 and X448: of the private key
  bool weak;
};

/// Null for a method that we do not know or refuse.
[[nodiscard]] const KeyExchangeInfo* key_exchange_info(KeyExchangeMethod method);
[[nodiscard]] std::span<const KeyExchangeInfo> key_exchange_infos();
[[nodiscard]] bool is_weak_key_exchange(KeyExchangeMethod method);

/// Null where the method is unknown, refused, or OpenSSL lacks it.
[[nodiscard]] std::unique_ptr<KeyExchangeAlgorithm> make_key_exchange_algorithm(KeyExchangeMethod method);
[[nodiscard]] std::unique_ptr<KeyExchangeAlgorithm> make_modp(const KeyExchangeInfo& info);
[[nodiscard]] std::unique_ptr<KeyExchangeAlgorithm> make_ec(const KeyExchangeInfo& info);
[[nodiscard]] std::unique_ptr<KeyExchangeAlgorithm> make_montgomery(const KeyExchangeInfo& info);
[[nodiscard]] std::unique_ptr<KeyExchangeAlgorithm> make_kem(const KeyExchangeInfo& info);

}  // namespace keypact::crypto
