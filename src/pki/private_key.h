// PrivateKey: what makes our signatures. PEM or DER: PKCS#1, SEC1, PKCS#8, encrypted PKCS#8 (RFC 5958 and before). PKCS#12 stands
// in pkcs12.h.
#pragma once

#include "base/secret.h"
#include "pki/auth_constraints.h"

namespace keypact::pki {

struct PrivateKeyError {
  enum class Kind : std::uint8_t {
    too_long,
    not_a_key,
    passphrase_needed,
    passphrase_wrong,
    encryption_unsupported,
    type_unsupported,
    halves_differ,
    key_refused,  ///< `key` says why
  };
  Kind kind;
  std::optional<KeyError> key;
  [[nodiscard]] std::string sentence() const;
  bool operator==(const PrivateKeyError&) const = default;
};

/// Immutable after it was read; copies share the key. May be used by several threads at once.
class PrivateKey {
 public:
  /// `octets` is a whole file, PEM or DER; the passphrase is empty when there is none.
  static Result<PrivateKey, PrivateKeyError> read(const Secret& octets, const Secret& passphrase,
                                                  KeyLimits limits = {});

  [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
  [[nodiscard]] bool matches(const PublicKey& key) const { return public_key_ == key; }
  /// The signature in the scheme's form, without an AlgorithmIdentifier.
  [[nodiscard]] Result<Octets, SignatureError> sign(const SignatureScheme& scheme, OctetView message) const;
  [[nodiscard]] std::vector<const SignatureScheme*> schemes(std::span<const HashAlgorithm> announced,
                                                            const AuthConstraints& constraints) const {
    return choose_schemes(public_key_, announced, constraints);
  }

  /// OpenSSL's object, for TLS, which signs by itself; lives as long as this value or a copy of it.
  [[nodiscard]] evp_pkey_st* native() const { return key_.get(); }

  /// From OpenSSL's object, whose ownership it shares; for the readers of containers.
  static Result<PrivateKey, PrivateKeyError> of(evp_pkey_st* key, KeyLimits limits = {});

 private:
  PrivateKey(std::shared_ptr<evp_pkey_st> key, PublicKey public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}
  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_key_;
};

}  // namespace keypact::pki
