// AuthConstraints: what the word after `auth =` of swanctl.conf says of keys and signatures: pubkey, rsa-3072-sha256-sha384,
// rsa/pss-sha384, ecdsa-256-sha256, ed25519, ike:pubkey-sha512. RFC 7427 §4 chooses among what they leave.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pki/public_key.h"

namespace keypact::pki {

/// One word for keys, with what follows it up to the next one.
struct AuthRule {
  std::optional<KeyType> key{};  ///< nothing: pubkey
  bool ike = false;              ///< written with "ike:": of AUTH payloads only, not of certificates
  bool pss = false;              ///< rsa/pss
  unsigned min_bits = 0;
  std::vector<HashAlgorithm> hashes{};  ///< in order of preference; none: any that is not weak
  bool operator==(const AuthRule&) const = default;
};

struct AuthWordError {
  std::string word;
  std::string why;
};

class AuthConstraints {
 public:
  /// `pubkey`: any key, any hash that is not weak.
  AuthConstraints() = default;
  /// Tokens are joined by "-". A strength follows rsa and ecdsa at once; hashes belong to the key word before them.
  static Result<AuthConstraints, AuthWordError> parse(std::string_view words);

  /// Type and length of the key; the rules with "ike:" say nothing of it when there are others.
  [[nodiscard]] bool allows_key(const PublicKey& key) const;
  /// Whether an AUTH payload of the peer may use the scheme. Row E16: SHA-1, and so method 1, only when it is named.
  [[nodiscard]] bool allows(const SignatureScheme& scheme) const;
  /// Whether a certificate may be signed with this hash by a key of this type.
  [[nodiscard]] bool allows_in_path(KeyType key, HashAlgorithm hash, bool pss) const;
  /// The hashes that the configuration lists for this kind of key, in its order; none when it lists none.
  [[nodiscard]] std::vector<HashAlgorithm> listed_hashes(KeyType key) const;
  /// True when RSA has to be RSASSA-PSS.
  [[nodiscard]] bool pss_only() const;
  [[nodiscard]] const std::vector<AuthRule>& rules() const { return rules_; }

 private:
  [[nodiscard]] std::vector<const AuthRule*> rules_of(bool of_auth_payload) const;
  std::vector<AuthRule> rules_;
};

/// The schemes that this key can sign with, the one to use first in front (RFC 7427 §4). `announced` is what the peer's
/// SIGNATURE_HASH_ALGORITHMS listed. When it listed none: methods 1, 9, 10 and 11, whichever fits the key (RFC 7296 §2.15,
/// RFC 4754 §3). Without listed hashes RSASSA-PSS comes first (RFC 8247 §3.2), with them PKCS#1 v1.5, which is what
/// strongSwan means by them.
[[nodiscard]] std::vector<const SignatureScheme*> choose_schemes(const PublicKey& key,
                                                                 std::span<const HashAlgorithm> announced,
                                                                 const AuthConstraints& constraints);

}  // namespace keypact::pki
