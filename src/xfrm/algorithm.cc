#include "xfrm/algorithm.h"

namespace keypact::xfrm {

bool is_aead(EncryptionId id) {
  const auto name = algorithm_name(id);
  return name && name->icv_bits != 0;
}

std::optional<AlgorithmName> algorithm_name(EncryptionId id) {
  switch (id) {
    case EncryptionId::ENCR_3DES: return AlgorithmName{"cbc(des3_ede)", 0};
    case EncryptionId::ENCR_NULL: return AlgorithmName{"ecb(cipher_null)", 0};
    case EncryptionId::ENCR_AES_CBC: return AlgorithmName{"cbc(aes)", 0};
    case EncryptionId::ENCR_CAMELLIA_CBC: return AlgorithmName{"cbc(camellia)", 0};
    case EncryptionId::ENCR_AES_CTR: return AlgorithmName{"rfc3686(ctr(aes))", 0};
    case EncryptionId::ENCR_AES_CCM_8: return AlgorithmName{"rfc4309(ccm(aes))", 64};
    case EncryptionId::ENCR_AES_CCM_12: return AlgorithmName{"rfc4309(ccm(aes))", 96};
    case EncryptionId::ENCR_AES_CCM_16: return AlgorithmName{"rfc4309(ccm(aes))", 128};
    case EncryptionId::ENCR_AES_GCM_8: return AlgorithmName{"rfc4106(gcm(aes))", 64};
    case EncryptionId::ENCR_AES_GCM_12: return AlgorithmName{"rfc4106(gcm(aes))", 96};
    case EncryptionId::ENCR_AES_GCM_16: return AlgorithmName{"rfc4106(gcm(aes))", 128};
    case EncryptionId::ENCR_NULL_AUTH_AES_GMAC: return AlgorithmName{"rfc4543(gcm(aes))", 128};
    case EncryptionId::ENCR_CHACHA20_POLY1305: return AlgorithmName{"rfc7539esp(chacha20,poly1305)", 128};
    default: return std::nullopt;
  }
}

std::optional<AlgorithmName> algorithm_name(IntegrityId id) {
  switch (id) {
    case IntegrityId::AUTH_HMAC_MD5_96: return AlgorithmName{"hmac(md5)", 96};
    case IntegrityId::AUTH_HMAC_SHA1_96: return AlgorithmName{"hmac(sha1)", 96};
    case IntegrityId::AUTH_AES_XCBC_96: return AlgorithmName{"xcbc(aes)", 96};
    case IntegrityId::AUTH_AES_CMAC_96: return AlgorithmName{"cmac(aes)", 96};
    case IntegrityId::AUTH_HMAC_SHA2_256_128: return AlgorithmName{"hmac(sha256)", 128};
    case IntegrityId::AUTH_HMAC_SHA2_384_192: return AlgorithmName{"hmac(sha384)", 192};
    case IntegrityId::AUTH_HMAC_SHA2_512_256: return AlgorithmName{"hmac(sha512)", 256};
    default: return std::nullopt;
  }
}

}  // namespace keypact::xfrm
