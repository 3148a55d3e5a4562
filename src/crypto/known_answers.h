// Written by tests/data/crypto/make_known_answers.py: results of other implementations for the inputs of known_answer_check.cc.
#pragma once

#include <string_view>

#include "proto/transform_registries.h"

namespace keypact::crypto {

struct PrfAnswer {
  PrfId id;
  std::string_view output;
};
struct CipherAnswer {
  EncryptionId id;
  std::uint16_t key_bits;
  std::string_view text;  ///< the last 16 octets
  std::string_view icv;   ///< empty unless AEAD
};
/// SHA-256, the first 16 octets: of the public value (for a KEM: of both), and of the shared secret.
struct KeyExchangeAnswer {
  KeyExchangeMethod method;
  std::string_view public_value;
  std::string_view shared;
};

inline constexpr PrfAnswer kPrfAnswers[] = {
    {PrfId::PRF_HMAC_MD5, "9bc2ff84328d005b99e4ea07238fefcc"},
    {PrfId::PRF_HMAC_SHA1, "95a17c6afb5625e201d792e80fe287572f7d6899"},
    {PrfId::PRF_HMAC_SHA2_256, "30ac44f4a54e12f4acbfdbd476a02119164b531cdf7fb693d65434286af158cd"},
    {PrfId::PRF_HMAC_SHA2_384,
     "7a624436b17aafd1c9f1d5822eaef1ce9d82dcf06262d32b"
     "f9e837f8f1742c5dc34c8498f51299527925adb1db41952f"},
    {PrfId::PRF_HMAC_SHA2_512,
     "d7f1e7ed17c8d6c91be4136743e89558f5f587d944b351dff617fabf81ad53df"
     "8630ea059dc71cc7838cbac4874b0f5accdc2b1fe1955b152f60c7f8f1daa9ec"},
    {PrfId::PRF_AES128_XCBC, "628c021dbc6545322dc9235c67934a45"},
    {PrfId::PRF_AES128_CMAC, "59e8f2d5d0251aece0a99ab145f7db4a"},
};

inline constexpr CipherAnswer kCipherAnswers[] = {
    {EncryptionId::ENCR_3DES, 0, "39ca54df5c2fce0022febaa1bd545f24", ""},
    {EncryptionId::ENCR_AES_CBC, 128, "bcd753f00aa0d75fc9a2267e1e6b783d", ""},
    {EncryptionId::ENCR_AES_CBC, 192, "2ddc04afea7fa59a0d1ce73958e9978e", ""},
    {EncryptionId::ENCR_AES_CBC, 256, "c025b6d9efa5676ce67b4d07ebd6404e", ""},
    {EncryptionId::ENCR_AES_CCM_12, 128, "3eb0f603b7c8567d43e9722f1a191c9f", "87f732fce92b226560e14b05"},
    {EncryptionId::ENCR_AES_CCM_12, 192, "465b84745fe20911176c88a6fc219c82", "4375e87555582dfff877b826"},
    {EncryptionId::ENCR_AES_CCM_12, 256, "5bc4f2afc7238efd49d2137be9115cff", "02de9c3be84bfd41749e0369"},
    {EncryptionId::ENCR_AES_CCM_16, 128, "3eb0f603b7c8567d43e9722f1a191c9f", "7fbfb2a70556e69732a32d7f261adce4"},
    {EncryptionId::ENCR_AES_CCM_16, 192, "465b84745fe20911176c88a6fc219c82", "b5c8701df719ebf1d0c0756e9618594c"},
    {EncryptionId::ENCR_AES_CCM_16, 256, "5bc4f2afc7238efd49d2137be9115cff", "4eb24756b6fd2eb85186b0e1968b9bd0"},
    {EncryptionId::ENCR_AES_CCM_8, 128, "3eb0f603b7c8567d43e9722f1a191c9f", "2269176ad360243b"},
    {EncryptionId::ENCR_AES_CCM_8, 192, "465b84745fe20911176c88a6fc219c82", "b210c8228da13963"},
    {EncryptionId::ENCR_AES_CCM_8, 256, "5bc4f2afc7238efd49d2137be9115cff", "f595a85fe085fc1d"},
    {EncryptionId::ENCR_AES_CTR, 128, "7f877efcd8bff358df392d0320a3f702", ""},
    {EncryptionId::ENCR_AES_CTR, 192, "93f08d44e13c295be1481b7dea89640e", ""},
    {EncryptionId::ENCR_AES_CTR, 256, "f2515a23bdd879d3fb1603914a352524", ""},
    {EncryptionId::ENCR_AES_GCM_12, 128, "b347a8fc6a6ba4429b47d2b7ddf9d018", "4f7e8ece143199ec3a044736"},
    {EncryptionId::ENCR_AES_GCM_12, 192, "83925dae66136623fda4b212952fc8e2", "1ef0d1883be64978ea95b9bf"},
    {EncryptionId::ENCR_AES_GCM_12, 256, "a0ac0ae0f94e906f59f6675b40b22e90", "6a5100aa3f8c53f66a9f261d"},
    {EncryptionId::ENCR_AES_GCM_16, 128, "b347a8fc6a6ba4429b47d2b7ddf9d018", "4f7e8ece143199ec3a0447366035862e"},
    {EncryptionId::ENCR_AES_GCM_16, 192, "83925dae66136623fda4b212952fc8e2", "1ef0d1883be64978ea95b9bff5eeeab5"},
    {EncryptionId::ENCR_AES_GCM_16, 256, "a0ac0ae0f94e906f59f6675b40b22e90", "6a5100aa3f8c53f66a9f261de9b2c0f7"},
    {EncryptionId::ENCR_AES_GCM_8, 128, "b347a8fc6a6ba4429b47d2b7ddf9d018", "4f7e8ece143199ec"},
    {EncryptionId::ENCR_AES_GCM_8, 192, "83925dae66136623fda4b212952fc8e2", "1ef0d1883be64978"},
    {EncryptionId::ENCR_AES_GCM_8, 256, "a0ac0ae0f94e906f59f6675b40b22e90", "6a5100aa3f8c53f6"},
    {EncryptionId::ENCR_CAMELLIA_CBC, 128, "99576ea9f41350be2e07aa645e246433", ""},
    {EncryptionId::ENCR_CAMELLIA_CBC, 192, "3b652f3f1e723e869dc716cbc5188f09", ""},
    {EncryptionId::ENCR_CAMELLIA_CBC, 256, "f25a4c1c1d7892df5ab8c80c5998bc0e", ""},
    {EncryptionId::ENCR_CHACHA20_POLY1305, 0, "8a76ee6af228fb5cbb0ddb2ab6ff9a9a", "66a7a407a2b9eab9cc4192334a68b1c4"},
    {EncryptionId::ENCR_NULL, 0, "303132333435363738393a3b3c3d3e3f", ""},
    {EncryptionId::ENCR_NULL_AUTH_AES_GMAC, 128, "303132333435363738393a3b3c3d3e3f",
     "df46ebaaeb855187a9805d75394079d6"},
    {EncryptionId::ENCR_NULL_AUTH_AES_GMAC, 192, "303132333435363738393a3b3c3d3e3f",
     "236a80769f4a32c9bdcce91e5f220f15"},
    {EncryptionId::ENCR_NULL_AUTH_AES_GMAC, 256, "303132333435363738393a3b3c3d3e3f",
     "1d62f90e09ec4ba37f102922061b62d6"},
};

inline constexpr KeyExchangeAnswer kKeyExchangeAnswers[] = {
    {KeyExchangeMethod::MODP_1024, "34aae4bf3ac8ad201b1e5a338f02ce46", "8e7dc9ba35069c8fbb4eee4a4ba5ea7e"},
    {KeyExchangeMethod::MODP_1536, "454b8432cbd942213571751b20b50e2a", "4efd06afa527f6c1789930e937516db3"},
    {KeyExchangeMethod::MODP_2048, "2979f3312e43f70a9714dcda49112b0b", "33bc0020a6fc8a21c16a166e0be1db44"},
    {KeyExchangeMethod::MODP_3072, "cdc68447b9b21040d30f87608f387dfa", "531992dd99a0bbbc1ac8ec03fb8dc066"},
    {KeyExchangeMethod::MODP_4096, "89cf24bd5be568cea97d833beef090fb", "c4e262fd96444daf2d2f7b2bc484fc73"},
    {KeyExchangeMethod::MODP_6144, "5c8bab4334fac06f3a45be46cfe6c2dc", "e77c32d2471d10394d62abb7aecbb01f"},
    {KeyExchangeMethod::MODP_8192, "a8e129ad4614f4196de1bb9ab26298c6", "21dc496075d50088fe6f99d9badbf736"},
    {KeyExchangeMethod::ECP_192, "69c83f8373197e9b966157c61ac67cfa", "5a97e48322e2eb53698701d6ef28a30c"},
    {KeyExchangeMethod::ECP_224, "6f9bd6a90596bea0b1cda212739de8cb", "60c6e60841fa02d0fc98783a7f51b49c"},
    {KeyExchangeMethod::ECP_256, "d5d6f4b45c22724e809a109bebf7399f", "802a5c6d6b8600002eadb3b3eef112e8"},
    {KeyExchangeMethod::ECP_384, "98ecae8fe75f5c8e061dc7f609164ccc", "aa177cc4916c151f765fa5c52becc44f"},
    {KeyExchangeMethod::ECP_521, "ed90f2762b33f319225bf1eb8191d34f", "ddccdd4fadb365c7904653e10f2c7647"},
    {KeyExchangeMethod::BRAINPOOL_P224R1, "ab435fc970966ac5d8fcbbfdf53111d0", "94122449dcd10ccb7d89644cd9334fea"},
    {KeyExchangeMethod::BRAINPOOL_P256R1, "1817f6d4876e977932b0585d3cb57d2e", "66e600db9c337f9f0e7faa2887fe019c"},
    {KeyExchangeMethod::BRAINPOOL_P384R1, "39bc2233ad0aa58d0217d11e906442bd", "e1156a1b3150567249737dad040f1873"},
    {KeyExchangeMethod::BRAINPOOL_P512R1, "cf942fbb18e15effd68a08700accdfa3", "b508c49537320b2bdccbeb24e68c2584"},
    {KeyExchangeMethod::CURVE25519, "aaa8fff703b50b2297f4f6e13508f724", "b20929264b1e36108ad219b7c7d1e55c"},
    {KeyExchangeMethod::CURVE448, "85700d92d85ce493ad53780affe8a6d3", "27e8d819389782f98de94773219e86d0"},
    {KeyExchangeMethod::ML_KEM_512, "1252a2203be666ce9104291bdaa3f377", "6158489bacba10fdc8680208899be3fa"},
    {KeyExchangeMethod::ML_KEM_768, "1750e3f04d11964197a99bec9729f785", "1ee22f265a0606de623a7fe38907396e"},
    {KeyExchangeMethod::ML_KEM_1024, "cbb0562736d24a38bda58af6eae99732", "e0b813f51f043025931525159efb0873"},
};

}  // namespace keypact::crypto
