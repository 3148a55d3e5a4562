// AES-XCBC-MAC over OpenSSL's AES: OpenSSL has no XCBC, so this is the mode only, the block cipher is OpenSSL's.
// RFC 3566 §4.1; the PRF of RFC 4434 prepares keys of other lengths.
#pragma once

#include <array>

#include "base/octets.h"
#include "crypto/openssl_handles.h"

namespace keypact::crypto {

class Xcbc {
 public:
  static constexpr std::size_t kOctets = 16;

  /// Both ciphers stay owned by the caller, who outlives this object.
  Xcbc(evp_cipher_st* aes_128_ecb, evp_cipher_st* aes_128_cbc);
  Xcbc(Xcbc&&) noexcept = default;
  Xcbc& operator=(Xcbc&&) noexcept = default;
  ~Xcbc();

  void set_key(OctetView key);  ///< 16 octets
  /// The MAC of the concatenated parts.
  void mac(std::span<const OctetView> parts, std::span<std::uint8_t, kOctets> out);

 private:
  using Block = std::array<std::uint8_t, kOctets>;
  void absorb(OctetView octets);
  void encrypt(OctetView blocks);

  Handle<evp_cipher_ctx_st> derivation_;
  Handle<evp_cipher_ctx_st> chain_;
  Block complete_key_{};  ///< K2, for a last block that is complete
  Block padded_key_{};    ///< K3, for one that was padded
  Block pending_{};
  std::size_t pending_octets_ = 0;
  Block last_{};  ///< the ciphertext of the last block
};

}  // namespace keypact::crypto
