// What the AUTH payload of a signature can say: authentication method, AlgorithmIdentifier, hash. RFC 7296 §3.8, RFC 4754 §3,
// RFC 7427 §3, RFC 8420 §2. Which of them a key may use stands in scheme_choice.h.
#pragma once

#include <span>

#include "base/octets.h"
#include "base/result.h"
#include "proto/payload_registries.h"

namespace keypact::pki {

enum class KeyType : std::uint8_t { rsa, ecdsa, ed25519, ed448 };
[[nodiscard]] std::string_view name_of(KeyType type);

enum class SignatureForm : std::uint8_t {
  rsa_pkcs1,  ///< RSASSA-PKCS1-v1_5
  rsa_pss,    ///< RSASSA-PSS; the salt is as long as the hash, MGF1 uses the same hash
  ecdsa_der,  ///< any curve; the signature is ECDSA-Sig-Value in DER
  ecdsa_raw,  ///< RFC 4754 §3: one curve; r and s, each as long as the order
  eddsa,      ///< RFC 8420 §2
};

struct SignatureScheme {
  std::string_view name;  ///< for people
  AuthMethod method;
  SignatureForm form;
  KeyType key;
  HashAlgorithm hash;
  std::uint16_t curve_bits;               ///< the one NIST curve of methods 9, 10 and 11; else 0
  std::string_view algorithm_identifier;  ///< DER as RFC 7427 §A prints it; empty unless the method is 14
};

/// All of them.
[[nodiscard]] std::span<const SignatureScheme> signature_schemes();

/// RFC 8247 §3.1 and §3.2: a signature over SHA-1 is made and taken only when a configuration names SHA-1.
[[nodiscard]] bool is_weak(const SignatureScheme& scheme);

enum class SchemeError : std::uint8_t {
  method_without_signature,
  data_truncated,
  signature_empty,
  identifier_of_other_method,
  identifier_malformed,
  algorithm_unknown,
  hash_weak,
  parameters_not_null,
  parameters_not_absent,
  pss_parameters_malformed,
  pss_hash_unknown,
  pss_mask_not_mgf1,
  pss_mask_of_other_hash,
  pss_salt_length,
  pss_trailer,
};
[[nodiscard]] std::string_view sentence(SchemeError error);

/// The scheme that an AUTH payload names. The identifier is one AlgorithmIdentifier in DER to its last octet, and empty for other
/// methods than 14. The parameters of RSA may be NULL or absent (RFC 4055), those of ECDSA and EdDSA must be absent.
[[nodiscard]] Result<const SignatureScheme*, SchemeError> find_scheme(AuthMethod method,
                                                                      OctetView algorithm_identifier);

/// The authentication data of RFC 7296 §3.8: for method 14 the length octet and the AlgorithmIdentifier before the signature
/// (RFC 7427 §3).
[[nodiscard]] Octets encode_auth_data(const SignatureScheme& scheme, OctetView signature);

struct AuthData {
  const SignatureScheme* scheme;  ///< never null
  OctetView signature;            ///< within the data that was parsed; not empty
};
[[nodiscard]] Result<AuthData, SchemeError> parse_auth_data(AuthMethod method, OctetView data);

}  // namespace keypact::pki
