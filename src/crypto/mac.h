// Mac: one message authentication code with a context that is keyed again and again: HMAC, AES-CMAC (both of OpenSSL) and
// AES-XCBC. RFC 2104, RFC 4493, RFC 3566.
#pragma once

#include <optional>

#include "base/octets.h"
#include "crypto/algorithms.h"
#include "crypto/xcbc.h"

namespace keypact::crypto {

/// What the MACs are made of; null where OpenSSL lacks it.
struct MacParts {
  Handle<evp_mac_st> hmac;
  Handle<evp_mac_st> cmac;
  Handle<evp_cipher_st> aes_128_ecb;
  Handle<evp_cipher_st> aes_128_cbc;
};

class Mac {
 public:
  /// Nothing where OpenSSL lacks the algorithm.
  static std::optional<Mac> create(const MacParts& parts, MacId id);

  /// HMAC takes any length, the AES MACs exactly 16 octets.
  void set_key(OctetView key);
  /// The first out.size() octets of the MAC of the concatenated parts, under the key that was set last.
  void compute(std::span<const OctetView> parts, MutableOctets out);

 private:
  explicit Mac(MacId id) : octets_(mac_octets(id)) {}
  bool open(evp_mac_st* algorithm, const char* parameter, const char* value);

  std::size_t octets_;
  Handle<evp_mac_ctx_st> context_;
  bool fresh_ = false;  ///< keyed and not used since
  std::optional<Xcbc> xcbc_;
};

}  // namespace keypact::crypto
