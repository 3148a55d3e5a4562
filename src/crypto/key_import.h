// KeyImport: makes OpenSSL's keys of one algorithm from the octets of a part of them.
#pragma once

#include <optional>

#include "base/octets.h"
#include "crypto/openssl_handles.h"

namespace keypact::crypto {

class KeyImport {
 public:
  /// Nothing where OpenSSL does not have the algorithm.
  static std::optional<KeyImport> of(const char* algorithm);
  /// `part` and `selection` are OpenSSL's. Null when the octets are no such key.
  [[nodiscard]] Handle<evp_pkey_st> key_of(const char* part, OctetView octets, int selection);

 private:
  explicit KeyImport(Handle<evp_pkey_ctx_st> context) : context_(std::move(context)) {}
  Handle<evp_pkey_ctx_st> context_;
};

}  // namespace keypact::crypto
