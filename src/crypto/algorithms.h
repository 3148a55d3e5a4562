// The algorithms as data: what each transform of the registries means in terms of MACs and ciphers, and its sizes.
// RFC 4868 §2.1, RFC 4434, RFC 4615, RFC 3602, RFC 3686, RFC 4106, RFC 4309, RFC 4543, RFC 7634.
#pragma once

#include <optional>
#include <span>

#include "proto/packet_keys.h"
#include "proto/transform_registries.h"

namespace keypact::crypto {

enum class MacId : std::uint8_t { hmac_md5, hmac_sha1, hmac_sha256, hmac_sha384, hmac_sha512, aes_xcbc, aes_cmac };
inline constexpr std::size_t kMacs = 7;
inline constexpr std::size_t kMacMaxOctets = 64;

/// Octets of the untruncated output.
[[nodiscard]] std::size_t mac_octets(MacId id);
[[nodiscard]] std::optional<MacId> mac_of(PrfId id);

struct IntegrityAlgorithm {
  IntegrityId id;
  MacId mac;
  std::size_t key;
  std::size_t icv;
};
[[nodiscard]] std::span<const IntegrityAlgorithm> integrity_algorithms();
/// Null when unknown.
[[nodiscard]] const IntegrityAlgorithm* integrity_algorithm(IntegrityId id);

enum class CipherMode : std::uint8_t { null, cbc, ctr, gcm, gmac, ccm, chacha20_poly1305 };

struct CipherAlgorithm {
  EncryptionId id;
  std::uint16_t key_bits;  ///< 0 where the transform has no Key Length attribute
  CipherMode mode;
  const char* name;   ///< as OpenSSL fetches it; null for ENCR_NULL
  std::size_t key;    ///< without the salt
  std::size_t salt;   ///< the part of the nonce that comes from the keying material
  std::size_t iv;     ///< explicit in each packet
  std::size_t block;  ///< of the ciphertext
  std::size_t icv;    ///< 0 unless AEAD

  [[nodiscard]] bool is_aead() const { return icv != 0; }
};
[[nodiscard]] std::span<const CipherAlgorithm> cipher_algorithms();
/// Null when unknown, or when the key size is not one of the algorithm.
[[nodiscard]] const CipherAlgorithm* cipher_algorithm(EncryptionId id, std::uint16_t key_bits);

}  // namespace keypact::crypto
