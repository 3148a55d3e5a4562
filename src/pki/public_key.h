// PublicKey: what verifies a peer's signature. RFC 5280 §4.1.2.7, RFC 7427 §3, RFC 4754 §3, RFC 8420 §2. Whose key it is, is not
// decided here.
#pragma once

#include <array>
#include <memory>

#include "pki/signature_scheme.h"

struct evp_pkey_st;

namespace keypact::pki {

enum class Curve : std::uint8_t { none, p256, p384, p521, brainpool_p256, brainpool_p384, brainpool_p512 };

struct KeyLimits {
  unsigned min_rsa_bits = 2048;
  unsigned max_rsa_bits = 16384;  ///< OpenSSL verifies no longer ones
};

enum class KeyError : std::uint8_t {
  too_long,
  malformed,
  not_a_public_key,
  type_unsupported,
  rsa_modulus_short,
  rsa_modulus_long,
  rsa_modulus_even,
  rsa_exponent_even,
  rsa_exponent_small,
  rsa_exponent_large,
  ec_parameters_explicit,
  ec_curve_unsupported,
  ec_point_invalid,
};
[[nodiscard]] std::string_view sentence(KeyError error);

enum class SignatureError : std::uint8_t {
  scheme_of_other_key,  ///< the key has another type or curve than the scheme needs
  malformed,            ///< of another length or form than this key makes
  false_signature,
  cannot_sign,
};
[[nodiscard]] std::string_view sentence(SignatureError error);

/// An immutable value; copies share the key.
class PublicKey {
 public:
  /// From SubjectPublicKeyInfo in DER, to its last octet.
  static Result<PublicKey, KeyError> from_spki(OctetView der, KeyLimits limits = {});
  /// From a text with one block "PUBLIC KEY".
  static Result<PublicKey, KeyError> from_pem(std::string_view text, KeyLimits limits = {});

  [[nodiscard]] KeyType type() const;
  [[nodiscard]] Curve curve() const;
  [[nodiscard]] unsigned bits() const;
  /// True for a key of id-RSASSA-PSS, which makes no PKCS#1 v1.5 signatures.
  [[nodiscard]] bool pss_only() const;
  [[nodiscard]] OctetView spki() const;
  /// SHA-1 of SubjectPublicKeyInfo: what CERTREQ names a CA by (RFC 7296 §3.7).
  [[nodiscard]] OctetView spki_sha1() const;
  /// SHA-1 of the subjectPublicKey's octets: the usual key identifier (RFC 5280 §4.2.1.2).
  [[nodiscard]] OctetView key_id() const;

  /// Whether this key can make signatures of the scheme.
  [[nodiscard]] bool fits(const SignatureScheme& scheme) const;
  [[nodiscard]] Result<void, SignatureError> verify(const SignatureScheme& scheme, OctetView message,
                                                    OctetView signature) const;

  bool operator==(const PublicKey& other) const { return same_octets(spki(), other.spki()); }

  struct Impl;

 private:
  explicit PublicKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

/// The octets of r or of s in a signature of RFC 4754 §3: 32, 48, 66.
[[nodiscard]] std::size_t scalar_octets(const SignatureScheme& scheme);
/// r | s of fixed size from ECDSA-Sig-Value in DER, and back; nothing when it is malformed.
[[nodiscard]] std::optional<Octets> raw_signature(OctetView der, std::size_t octets_of_each);
[[nodiscard]] std::optional<Octets> der_signature(OctetView raw);

}  // namespace keypact::pki
