#include "pki/x509_handles.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace keypact::pki {

void X509Free::operator()(bio_st* object) const noexcept { BIO_free(object); }
void X509Free::operator()(ECDSA_SIG_st* object) const noexcept { ECDSA_SIG_free(object); }
void X509Free::operator()(PKCS12_st* object) const noexcept { PKCS12_free(object); }
void X509Free::operator()(rsa_pss_params_st* object) const noexcept { RSA_PSS_PARAMS_free(object); }
void X509Free::operator()(asn1_string_st* object) const noexcept { ASN1_STRING_free(object); }
void X509Free::operator()(pkcs8_priv_key_info_st* object) const noexcept { PKCS8_PRIV_KEY_INFO_free(object); }
void X509Free::operator()(stack_st_GENERAL_NAME* object) const noexcept { GENERAL_NAMES_free(object); }
void X509Free::operator()(stack_st_X509* object) const noexcept { sk_X509_pop_free(object, X509_free); }
void X509Free::operator()(X509_algor_st* object) const noexcept { X509_ALGOR_free(object); }
void X509Free::operator()(ISSUING_DIST_POINT_st* object) const noexcept { ISSUING_DIST_POINT_free(object); }
void X509Free::operator()(X509_crl_st* object) const noexcept { X509_CRL_free(object); }
void X509Free::operator()(X509_extension_st* object) const noexcept { X509_EXTENSION_free(object); }
void X509Free::operator()(X509_name_st* object) const noexcept { X509_NAME_free(object); }
void X509Free::operator()(X509_pubkey_st* object) const noexcept { X509_PUBKEY_free(object); }
void X509Free::operator()(X509_sig_st* object) const noexcept { X509_SIG_free(object); }
void X509Free::operator()(x509_st* object) const noexcept { X509_free(object); }
void X509Free::operator()(x509_store_ctx_st* object) const noexcept { X509_STORE_CTX_free(object); }
void X509Free::operator()(x509_store_st* object) const noexcept { X509_STORE_free(object); }

}  // namespace keypact::pki
