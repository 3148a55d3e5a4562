#include "crypto/openssl_handles.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

namespace keypact::crypto {

void OpenSslFree::operator()(bignum_ctx* object) const noexcept { BN_CTX_free(object); }
void OpenSslFree::operator()(bignum_st* object) const noexcept { BN_clear_free(object); }
void OpenSslFree::operator()(bn_mont_ctx_st* object) const noexcept { BN_MONT_CTX_free(object); }
void OpenSslFree::operator()(ec_group_st* object) const noexcept { EC_GROUP_free(object); }
void OpenSslFree::operator()(ec_point_st* object) const noexcept { EC_POINT_clear_free(object); }
void OpenSslFree::operator()(evp_cipher_ctx_st* object) const noexcept { EVP_CIPHER_CTX_free(object); }
void OpenSslFree::operator()(evp_cipher_st* object) const noexcept { EVP_CIPHER_free(object); }
void OpenSslFree::operator()(evp_mac_ctx_st* object) const noexcept { EVP_MAC_CTX_free(object); }
void OpenSslFree::operator()(evp_mac_st* object) const noexcept { EVP_MAC_free(object); }
void OpenSslFree::operator()(evp_md_ctx_st* object) const noexcept { EVP_MD_CTX_free(object); }
void OpenSslFree::operator()(evp_md_st* object) const noexcept { EVP_MD_free(object); }
void OpenSslFree::operator()(evp_pkey_ctx_st* object) const noexcept { EVP_PKEY_CTX_free(object); }
void OpenSslFree::operator()(evp_pkey_st* object) const noexcept { EVP_PKEY_free(object); }

void forget_openssl_errors() { ERR_clear_error(); }

}  // namespace keypact::crypto
