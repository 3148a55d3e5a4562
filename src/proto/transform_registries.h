// The IKEv2 transform registries: types and, for each type, its identifiers. RFC 7296 §3.3.2; later values (ML-KEM, RFC 9370,
// RFC 8750 ...) as registered with IANA.
#pragma once

#include "proto/registry.h"

namespace keypact {

#define KEYPACT_TRANSFORM_TYPES(X) \
  X(ENCR, 1)                       \
  X(PRF, 2)                        \
  X(INTEG, 3)                      \
  X(KE, 4)                         \
  X(SN, 5)                         \
  X(ADDKE1, 6)                     \
  X(ADDKE2, 7)                     \
  X(ADDKE3, 8)                     \
  X(ADDKE4, 9)                     \
  X(ADDKE5, 10)                    \
  X(ADDKE6, 11)                    \
  X(ADDKE7, 12)                    \
  X(KWA, 13)                       \
  X(GCAUTH, 14)
KEYPACT_REGISTRY(TransformType, std::uint8_t, KEYPACT_TRANSFORM_TYPES)
#undef KEYPACT_TRANSFORM_TYPES

#define KEYPACT_ENCRYPTION_IDS(X)      \
  X(ENCR_DES_IV64, 1)                  \
  X(ENCR_DES, 2)                       \
  X(ENCR_3DES, 3)                      \
  X(ENCR_RC5, 4)                       \
  X(ENCR_IDEA, 5)                      \
  X(ENCR_CAST, 6)                      \
  X(ENCR_BLOWFISH, 7)                  \
  X(ENCR_3IDEA, 8)                     \
  X(ENCR_DES_IV32, 9)                  \
  X(ENCR_NULL, 11)                     \
  X(ENCR_AES_CBC, 12)                  \
  X(ENCR_AES_CTR, 13)                  \
  X(ENCR_AES_CCM_8, 14)                \
  X(ENCR_AES_CCM_12, 15)               \
  X(ENCR_AES_CCM_16, 16)               \
  X(ENCR_AES_GCM_8, 18)                \
  X(ENCR_AES_GCM_12, 19)               \
  X(ENCR_AES_GCM_16, 20)               \
  X(ENCR_NULL_AUTH_AES_GMAC, 21)       \
  X(ENCR_CAMELLIA_CBC, 23)             \
  X(ENCR_CAMELLIA_CTR, 24)             \
  X(ENCR_CAMELLIA_CCM_8, 25)           \
  X(ENCR_CAMELLIA_CCM_12, 26)          \
  X(ENCR_CAMELLIA_CCM_16, 27)          \
  X(ENCR_CHACHA20_POLY1305, 28)        \
  X(ENCR_AES_CCM_8_IIV, 29)            \
  X(ENCR_AES_GCM_16_IIV, 30)           \
  X(ENCR_CHACHA20_POLY1305_IIV, 31)    \
  X(ENCR_KUZNYECHIK_MGM_KTREE, 32)     \
  X(ENCR_MAGMA_MGM_KTREE, 33)          \
  X(ENCR_KUZNYECHIK_MGM_MAC_KTREE, 34) \
  X(ENCR_MAGMA_MGM_MAC_KTREE, 35)
KEYPACT_REGISTRY(EncryptionId, std::uint16_t, KEYPACT_ENCRYPTION_IDS)
#undef KEYPACT_ENCRYPTION_IDS

#define KEYPACT_PRF_IDS(X)    \
  X(PRF_HMAC_MD5, 1)          \
  X(PRF_HMAC_SHA1, 2)         \
  X(PRF_HMAC_TIGER, 3)        \
  X(PRF_AES128_XCBC, 4)       \
  X(PRF_HMAC_SHA2_256, 5)     \
  X(PRF_HMAC_SHA2_384, 6)     \
  X(PRF_HMAC_SHA2_512, 7)     \
  X(PRF_AES128_CMAC, 8)       \
  X(PRF_HMAC_STREEBOG_512, 9)
KEYPACT_REGISTRY(PrfId, std::uint16_t, KEYPACT_PRF_IDS)
#undef KEYPACT_PRF_IDS

#define KEYPACT_INTEGRITY_IDS(X) \
  X(NONE, 0)                     \
  X(AUTH_HMAC_MD5_96, 1)         \
  X(AUTH_HMAC_SHA1_96, 2)        \
  X(AUTH_DES_MAC, 3)             \
  X(AUTH_KPDK_MD5, 4)            \
  X(AUTH_AES_XCBC_96, 5)         \
  X(AUTH_HMAC_MD5_128, 6)        \
  X(AUTH_HMAC_SHA1_160, 7)       \
  X(AUTH_AES_CMAC_96, 8)         \
  X(AUTH_AES_128_GMAC, 9)        \
  X(AUTH_AES_192_GMAC, 10)       \
  X(AUTH_AES_256_GMAC, 11)       \
  X(AUTH_HMAC_SHA2_256_128, 12)  \
  X(AUTH_HMAC_SHA2_384_192, 13)  \
  X(AUTH_HMAC_SHA2_512_256, 14)
KEYPACT_REGISTRY(IntegrityId, std::uint16_t, KEYPACT_INTEGRITY_IDS)
#undef KEYPACT_INTEGRITY_IDS

#define KEYPACT_KEY_EXCHANGE_METHODS(X) \
  X(NONE, 0)                            \
  X(MODP_768, 1)                        \
  X(MODP_1024, 2)                       \
  X(MODP_1536, 5)                       \
  X(MODP_2048, 14)                      \
  X(MODP_3072, 15)                      \
  X(MODP_4096, 16)                      \
  X(MODP_6144, 17)                      \
  X(MODP_8192, 18)                      \
  X(ECP_256, 19)                        \
  X(ECP_384, 20)                        \
  X(ECP_521, 21)                        \
  X(MODP_1024_S160, 22)                 \
  X(MODP_2048_S224, 23)                 \
  X(MODP_2048_S256, 24)                 \
  X(ECP_192, 25)                        \
  X(ECP_224, 26)                        \
  X(BRAINPOOL_P224R1, 27)               \
  X(BRAINPOOL_P256R1, 28)               \
  X(BRAINPOOL_P384R1, 29)               \
  X(BRAINPOOL_P512R1, 30)               \
  X(CURVE25519, 31)                     \
  X(CURVE448, 32)                       \
  X(GOST3410_2012_256, 33)              \
  X(GOST3410_2012_512, 34)              \
  X(ML_KEM_512, 35)                     \
  X(ML_KEM_768, 36)                     \
  X(ML_KEM_1024, 37)
KEYPACT_REGISTRY(KeyExchangeMethod, std::uint16_t, KEYPACT_KEY_EXCHANGE_METHODS)
#undef KEYPACT_KEY_EXCHANGE_METHODS

/// RFC 9827's names for transform type 5; 1 is what RFC 4303 §2.2.1 calls ESN.
#define KEYPACT_SEQUENCE_NUMBERS(X)  \
  X(SEQUENTIAL_32_BIT, 0)            \
  X(PARTIALLY_TRANSMITTED_64_BIT, 1)
KEYPACT_REGISTRY(SequenceNumbers, std::uint16_t, KEYPACT_SEQUENCE_NUMBERS)
#undef KEYPACT_SEQUENCE_NUMBERS

/// RFC 7296 §3.3.5: the one attribute that is in use.
inline constexpr std::uint16_t kKeyLengthAttribute = 14;

}  // namespace keypact
