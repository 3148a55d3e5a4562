// Owners of OpenSSL's objects of certificates, without OpenSSL's headers: those are included by .cc files only.
#pragma once

#include <memory>

#include "crypto/openssl_handles.h"

struct bio_st;
struct ECDSA_SIG_st;
struct PKCS12_st;
struct rsa_pss_params_st;
struct asn1_string_st;
struct pkcs8_priv_key_info_st;
struct stack_st_GENERAL_NAME;
struct ISSUING_DIST_POINT_st;
struct stack_st_X509;
struct X509_crl_st;
struct X509_algor_st;
struct X509_extension_st;
struct X509_name_st;
struct X509_pubkey_st;
struct X509_sig_st;
struct x509_st;
struct x509_store_ctx_st;
struct x509_store_st;

namespace keypact::pki {

struct X509Free {
  void operator()(bio_st* object) const noexcept;
  void operator()(ECDSA_SIG_st* object) const noexcept;
  void operator()(PKCS12_st* object) const noexcept;
  void operator()(rsa_pss_params_st* object) const noexcept;
  void operator()(asn1_string_st* object) const noexcept;
  void operator()(pkcs8_priv_key_info_st* object) const noexcept;  ///< cleared
  void operator()(stack_st_GENERAL_NAME* object) const noexcept;
  void operator()(stack_st_X509* object) const noexcept;  ///< with the certificates in it
  void operator()(X509_algor_st* object) const noexcept;
  void operator()(ISSUING_DIST_POINT_st* object) const noexcept;
  void operator()(X509_crl_st* object) const noexcept;
  void operator()(X509_extension_st* object) const noexcept;
  void operator()(X509_name_st* object) const noexcept;
  void operator()(X509_pubkey_st* object) const noexcept;
  void operator()(X509_sig_st* object) const noexcept;
  void operator()(x509_st* object) const noexcept;
  void operator()(x509_store_ctx_st* object) const noexcept;
  void operator()(x509_store_st* object) const noexcept;
};

template <class T>
using X509Handle = std::unique_ptr<T, X509Free>;

}  // namespace keypact::pki
