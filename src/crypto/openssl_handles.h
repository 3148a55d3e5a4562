// Owners of OpenSSL objects, without OpenSSL's headers: those are included by .cc files only.
#pragma once

#include <memory>

struct bignum_ctx;
struct bignum_st;
struct bn_mont_ctx_st;
struct ec_group_st;
struct ec_point_st;
struct evp_cipher_ctx_st;
struct evp_cipher_st;
struct evp_mac_ctx_st;
struct evp_mac_st;
struct evp_md_ctx_st;
struct evp_md_st;
struct evp_pkey_ctx_st;
struct evp_pkey_st;

namespace keypact::crypto {

/// Frees an OpenSSL object; the ones that can hold secrets are cleared.
struct OpenSslFree {
  void operator()(bignum_ctx* object) const noexcept;
  void operator()(bignum_st* object) const noexcept;
  void operator()(bn_mont_ctx_st* object) const noexcept;
  void operator()(ec_group_st* object) const noexcept;
  void operator()(ec_point_st* object) const noexcept;
  void operator()(evp_cipher_ctx_st* object) const noexcept;
  void operator()(evp_cipher_st* object) const noexcept;
  void operator()(evp_mac_ctx_st* object) const noexcept;
  void operator()(evp_mac_st* object) const noexcept;
  void operator()(evp_md_ctx_st* object) const noexcept;
  void operator()(evp_md_st* object) const noexcept;
  void operator()(evp_pkey_ctx_st* object) const noexcept;
  void operator()(evp_pkey_st* object) const noexcept;
};

template <class T>
using Handle = std::unique_ptr<T, OpenSslFree>;

/// Empties OpenSSL's error queue of this thread after a refusal that we understood.
void forget_openssl_errors();

}  // namespace keypact::crypto
