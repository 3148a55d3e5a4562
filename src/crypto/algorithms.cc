#include "crypto/algorithms.h"

#include <algorithm>
#include <array>

namespace keypact::crypto {
namespace {

constexpr std::array kMacOctets = {16UL, 20UL, 32UL, 48UL, 64UL, 16UL, 16UL};
static_assert(kMacOctets.size() == kMacs);

constexpr IntegrityAlgorithm kIntegrity[] = {
    {IntegrityId::AUTH_HMAC_MD5_96, MacId::hmac_md5, 16, 12},
    {IntegrityId::AUTH_HMAC_SHA1_96, MacId::hmac_sha1, 20, 12},
    {IntegrityId::AUTH_AES_XCBC_96, MacId::aes_xcbc, 16, 12},
    {IntegrityId::AUTH_AES_CMAC_96, MacId::aes_cmac, 16, 12},
    {IntegrityId::AUTH_HMAC_SHA2_256_128, MacId::hmac_sha256, 32, 16},
    {IntegrityId::AUTH_HMAC_SHA2_384_192, MacId::hmac_sha384, 48, 24},
    {IntegrityId::AUTH_HMAC_SHA2_512_256, MacId::hmac_sha512, 64, 32},
};

// One row for each of the three key sizes of AES.
#define KEYPACT_AES(id, mode, suffix, salt, iv, block, icv)                                     \
  {EncryptionId::id, 128, CipherMode::mode, "AES-128-" suffix, 16, salt, iv, block, icv},       \
      {EncryptionId::id, 192, CipherMode::mode, "AES-192-" suffix, 24, salt, iv, block, icv}, { \
    EncryptionId::id, 256, CipherMode::mode, "AES-256-" suffix, 32, salt, iv, block, icv        \
  }

constexpr CipherAlgorithm kCiphers[] = {
    KEYPACT_AES(ENCR_AES_GCM_16, gcm, "GCM", 4, 8, 1, 16),
    KEYPACT_AES(ENCR_AES_GCM_12, gcm, "GCM", 4, 8, 1, 12),
    KEYPACT_AES(ENCR_AES_GCM_8, gcm, "GCM", 4, 8, 1, 8),
    KEYPACT_AES(ENCR_AES_CBC, cbc, "CBC", 0, 16, 16, 0),
    KEYPACT_AES(ENCR_AES_CTR, ctr, "CTR", 4, 8, 1, 0),
    {EncryptionId::ENCR_CHACHA20_POLY1305, 0, CipherMode::chacha20_poly1305, "ChaCha20-Poly1305", 32, 4, 8, 1, 16},
    KEYPACT_AES(ENCR_AES_CCM_16, ccm, "CCM", 3, 8, 1, 16),
    KEYPACT_AES(ENCR_AES_CCM_12, ccm, "CCM", 3, 8, 1, 12),
    KEYPACT_AES(ENCR_AES_CCM_8, ccm, "CCM", 3, 8, 1, 8),
    KEYPACT_AES(ENCR_NULL_AUTH_AES_GMAC, gmac, "GCM", 4, 8, 1, 16),
    {EncryptionId::ENCR_CAMELLIA_CBC, 128, CipherMode::cbc, "CAMELLIA-128-CBC", 16, 0, 16, 16, 0},
    {EncryptionId::ENCR_CAMELLIA_CBC, 192, CipherMode::cbc, "CAMELLIA-192-CBC", 24, 0, 16, 16, 0},
    {EncryptionId::ENCR_CAMELLIA_CBC, 256, CipherMode::cbc, "CAMELLIA-256-CBC", 32, 0, 16, 16, 0},
    {EncryptionId::ENCR_3DES, 0, CipherMode::cbc, "DES-EDE3-CBC", 24, 0, 8, 8, 0},
    {EncryptionId::ENCR_NULL, 0, CipherMode::null, nullptr, 0, 0, 0, 1, 0},
};
#undef KEYPACT_AES

}  // namespace

std::size_t mac_octets(MacId id) { return kMacOctets.at(static_cast<std::size_t>(id)); }

std::optional<MacId> mac_of(PrfId id) {
  switch (id) {
    case PrfId::PRF_HMAC_MD5: return MacId::hmac_md5;
    case PrfId::PRF_HMAC_SHA1: return MacId::hmac_sha1;
    case PrfId::PRF_HMAC_SHA2_256: return MacId::hmac_sha256;
    case PrfId::PRF_HMAC_SHA2_384: return MacId::hmac_sha384;
    case PrfId::PRF_HMAC_SHA2_512: return MacId::hmac_sha512;
    case PrfId::PRF_AES128_XCBC: return MacId::aes_xcbc;
    case PrfId::PRF_AES128_CMAC: return MacId::aes_cmac;
    default: return std::nullopt;
  }
}

std::span<const IntegrityAlgorithm> integrity_algorithms() { return kIntegrity; }

const IntegrityAlgorithm* integrity_algorithm(IntegrityId id) {
  const auto* const found = std::ranges::find(kIntegrity, id, &IntegrityAlgorithm::id);
  return found == std::end(kIntegrity) ? nullptr : found;
}

std::span<const CipherAlgorithm> cipher_algorithms() { return kCiphers; }

const CipherAlgorithm* cipher_algorithm(EncryptionId id, std::uint16_t key_bits) {
  const auto* const found =
      std::ranges::find_if(kCiphers, [&](const auto& row) { return row.id == id && row.key_bits == key_bits; });
  return found == std::end(kCiphers) ? nullptr : found;
}

}  // namespace keypact::crypto
