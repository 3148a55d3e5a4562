#include "pki/signature_digest.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

namespace keypact::pki {

const char* digest_name(const SignatureScheme& scheme) {
  switch (scheme.hash) {
    case HashAlgorithm::SHA1: return "SHA1";
    case HashAlgorithm::SHA2_256: return "SHA256";
    case HashAlgorithm::SHA2_384: return "SHA384";
    case HashAlgorithm::SHA2_512: return "SHA512";
    case HashAlgorithm::IDENTITY: return nullptr;
  }
  return nullptr;
}

bool set_padding(evp_pkey_ctx_st* context, const SignatureScheme& scheme) {
  if (scheme.form == SignatureForm::rsa_pkcs1) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  if (scheme.form != SignatureForm::rsa_pss) return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, digest_name(scheme), nullptr) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

}  // namespace keypact::pki
