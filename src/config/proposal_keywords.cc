#include "config/proposal_keywords.h"

#include <algorithm>
#include <array>

namespace keypact::config {
namespace {

using E = EncryptionId;
using I = IntegrityId;
using P = PrfId;
using K = KeyExchangeMethod;
using S = SequenceNumbers;

/// As ProposalKeyword, but a constant.
struct Row {
  std::string_view word;
  TransformType type;
  std::uint16_t id;
  std::uint16_t key_bits;  ///< 0: no Key Length attribute
  bool weak;
};

struct Algorithm {
  TransformType type;
  std::uint16_t id;
  std::uint16_t key_bits;
};

constexpr Algorithm cipher(E id, std::uint16_t key_bits = 0) {
  return {TransformType::ENCR, static_cast<std::uint16_t>(id), key_bits};
}
constexpr Algorithm mac(I id) { return {TransformType::INTEG, static_cast<std::uint16_t>(id), 0}; }
constexpr Algorithm function(P id) { return {TransformType::PRF, static_cast<std::uint16_t>(id), 0}; }
constexpr Algorithm method(K id) { return {TransformType::KE, static_cast<std::uint16_t>(id), 0}; }
constexpr Algorithm numbers(S id) { return {TransformType::SN, static_cast<std::uint16_t>(id), 0}; }

constexpr Row row(std::string_view word, Algorithm algorithm) {
  return {word, algorithm.type, algorithm.id, algorithm.key_bits, false};
}
constexpr Row weak(std::string_view word, Algorithm algorithm) {
  return {word, algorithm.type, algorithm.id, algorithm.key_bits, true};
}

/// Of several words for one transform the first is the one that is written.
constexpr std::array kRows = {
    weak("null", cipher(E::ENCR_NULL)),
    weak("des", cipher(E::ENCR_DES)),
    weak("3des", cipher(E::ENCR_3DES)),
    row("aes128", cipher(E::ENCR_AES_CBC, 128)),
    row("aes", cipher(E::ENCR_AES_CBC, 128)),
    row("aes192", cipher(E::ENCR_AES_CBC, 192)),
    row("aes256", cipher(E::ENCR_AES_CBC, 256)),
    row("aes128ctr", cipher(E::ENCR_AES_CTR, 128)),
    row("aes192ctr", cipher(E::ENCR_AES_CTR, 192)),
    row("aes256ctr", cipher(E::ENCR_AES_CTR, 256)),
    row("aes128ccm8", cipher(E::ENCR_AES_CCM_8, 128)),
    row("aes128ccm64", cipher(E::ENCR_AES_CCM_8, 128)),
    row("aes128ccm12", cipher(E::ENCR_AES_CCM_12, 128)),
    row("aes128ccm96", cipher(E::ENCR_AES_CCM_12, 128)),
    row("aes128ccm16", cipher(E::ENCR_AES_CCM_16, 128)),
    row("aes128ccm128", cipher(E::ENCR_AES_CCM_16, 128)),
    row("aes128ccm", cipher(E::ENCR_AES_CCM_16, 128)),
    row("aes192ccm8", cipher(E::ENCR_AES_CCM_8, 192)),
    row("aes192ccm64", cipher(E::ENCR_AES_CCM_8, 192)),
    row("aes192ccm12", cipher(E::ENCR_AES_CCM_12, 192)),
    row("aes192ccm96", cipher(E::ENCR_AES_CCM_12, 192)),
    row("aes192ccm16", cipher(E::ENCR_AES_CCM_16, 192)),
    row("aes192ccm128", cipher(E::ENCR_AES_CCM_16, 192)),
    row("aes192ccm", cipher(E::ENCR_AES_CCM_16, 192)),
    row("aes256ccm8", cipher(E::ENCR_AES_CCM_8, 256)),
    row("aes256ccm64", cipher(E::ENCR_AES_CCM_8, 256)),
    row("aes256ccm12", cipher(E::ENCR_AES_CCM_12, 256)),
    row("aes256ccm96", cipher(E::ENCR_AES_CCM_12, 256)),
    row("aes256ccm16", cipher(E::ENCR_AES_CCM_16, 256)),
    row("aes256ccm128", cipher(E::ENCR_AES_CCM_16, 256)),
    row("aes256ccm", cipher(E::ENCR_AES_CCM_16, 256)),
    row("aes128gcm8", cipher(E::ENCR_AES_GCM_8, 128)),
    row("aes128gcm64", cipher(E::ENCR_AES_GCM_8, 128)),
    row("aes128gcm12", cipher(E::ENCR_AES_GCM_12, 128)),
    row("aes128gcm96", cipher(E::ENCR_AES_GCM_12, 128)),
    row("aes128gcm16", cipher(E::ENCR_AES_GCM_16, 128)),
    row("aes128gcm128", cipher(E::ENCR_AES_GCM_16, 128)),
    row("aes128gcm", cipher(E::ENCR_AES_GCM_16, 128)),
    row("aes192gcm8", cipher(E::ENCR_AES_GCM_8, 192)),
    row("aes192gcm64", cipher(E::ENCR_AES_GCM_8, 192)),
    row("aes192gcm12", cipher(E::ENCR_AES_GCM_12, 192)),
    row("aes192gcm96", cipher(E::ENCR_AES_GCM_12, 192)),
    row("aes192gcm16", cipher(E::ENCR_AES_GCM_16, 192)),
    row("aes192gcm128", cipher(E::ENCR_AES_GCM_16, 192)),
    row("aes192gcm", cipher(E::ENCR_AES_GCM_16, 192)),
    row("aes256gcm8", cipher(E::ENCR_AES_GCM_8, 256)),
    row("aes256gcm64", cipher(E::ENCR_AES_GCM_8, 256)),
    row("aes256gcm12", cipher(E::ENCR_AES_GCM_12, 256)),
    row("aes256gcm96", cipher(E::ENCR_AES_GCM_12, 256)),
    row("aes256gcm16", cipher(E::ENCR_AES_GCM_16, 256)),
    row("aes256gcm128", cipher(E::ENCR_AES_GCM_16, 256)),
    row("aes256gcm", cipher(E::ENCR_AES_GCM_16, 256)),
    row("aes128gmac", cipher(E::ENCR_NULL_AUTH_AES_GMAC, 128)),
    row("aes192gmac", cipher(E::ENCR_NULL_AUTH_AES_GMAC, 192)),
    row("aes256gmac", cipher(E::ENCR_NULL_AUTH_AES_GMAC, 256)),
    row("chacha20poly1305", cipher(E::ENCR_CHACHA20_POLY1305)),
    row("chacha20poly1305compat", cipher(E::ENCR_CHACHA20_POLY1305, 256)),
    weak("blowfish128", cipher(E::ENCR_BLOWFISH, 128)),
    weak("blowfish", cipher(E::ENCR_BLOWFISH, 128)),
    weak("blowfish192", cipher(E::ENCR_BLOWFISH, 192)),
    weak("blowfish256", cipher(E::ENCR_BLOWFISH, 256)),
    weak("cast128", cipher(E::ENCR_CAST, 128)),
    row("camellia128", cipher(E::ENCR_CAMELLIA_CBC, 128)),
    row("camellia", cipher(E::ENCR_CAMELLIA_CBC, 128)),
    row("camellia192", cipher(E::ENCR_CAMELLIA_CBC, 192)),
    row("camellia256", cipher(E::ENCR_CAMELLIA_CBC, 256)),
    row("camellia128ctr", cipher(E::ENCR_CAMELLIA_CTR, 128)),
    row("camellia192ctr", cipher(E::ENCR_CAMELLIA_CTR, 192)),
    row("camellia256ctr", cipher(E::ENCR_CAMELLIA_CTR, 256)),
    row("camellia128ccm8", cipher(E::ENCR_CAMELLIA_CCM_8, 128)),
    row("camellia128ccm64", cipher(E::ENCR_CAMELLIA_CCM_8, 128)),
    row("camellia128ccm12", cipher(E::ENCR_CAMELLIA_CCM_12, 128)),
    row("camellia128ccm96", cipher(E::ENCR_CAMELLIA_CCM_12, 128)),
    row("camellia128ccm16", cipher(E::ENCR_CAMELLIA_CCM_16, 128)),
    row("camellia128ccm128", cipher(E::ENCR_CAMELLIA_CCM_16, 128)),
    row("camellia192ccm8", cipher(E::ENCR_CAMELLIA_CCM_8, 192)),
    row("camellia192ccm64", cipher(E::ENCR_CAMELLIA_CCM_8, 192)),
    row("camellia192ccm12", cipher(E::ENCR_CAMELLIA_CCM_12, 192)),
    row("camellia192ccm96", cipher(E::ENCR_CAMELLIA_CCM_12, 192)),
    row("camellia192ccm16", cipher(E::ENCR_CAMELLIA_CCM_16, 192)),
    row("camellia192ccm128", cipher(E::ENCR_CAMELLIA_CCM_16, 192)),
    row("camellia256ccm8", cipher(E::ENCR_CAMELLIA_CCM_8, 256)),
    row("camellia256ccm64", cipher(E::ENCR_CAMELLIA_CCM_8, 256)),
    row("camellia256ccm12", cipher(E::ENCR_CAMELLIA_CCM_12, 256)),
    row("camellia256ccm96", cipher(E::ENCR_CAMELLIA_CCM_12, 256)),
    row("camellia256ccm16", cipher(E::ENCR_CAMELLIA_CCM_16, 256)),
    row("camellia256ccm128", cipher(E::ENCR_CAMELLIA_CCM_16, 256)),
    row("sha1", mac(I::AUTH_HMAC_SHA1_96)),
    row("sha", mac(I::AUTH_HMAC_SHA1_96)),
    row("sha1_160", mac(I::AUTH_HMAC_SHA1_160)),
    row("sha256", mac(I::AUTH_HMAC_SHA2_256_128)),
    row("sha2_256", mac(I::AUTH_HMAC_SHA2_256_128)),
    row("sha384", mac(I::AUTH_HMAC_SHA2_384_192)),
    row("sha2_384", mac(I::AUTH_HMAC_SHA2_384_192)),
    row("sha512", mac(I::AUTH_HMAC_SHA2_512_256)),
    row("sha2_512", mac(I::AUTH_HMAC_SHA2_512_256)),
    weak("md5", mac(I::AUTH_HMAC_MD5_96)),
    weak("md5_128", mac(I::AUTH_HMAC_MD5_128)),
    row("aesxcbc", mac(I::AUTH_AES_XCBC_96)),
    row("aescmac", mac(I::AUTH_AES_CMAC_96)),
    row("prfsha1", function(P::PRF_HMAC_SHA1)),
    row("prfsha256", function(P::PRF_HMAC_SHA2_256)),
    row("prfsha384", function(P::PRF_HMAC_SHA2_384)),
    row("prfsha512", function(P::PRF_HMAC_SHA2_512)),
    weak("prfmd5", function(P::PRF_HMAC_MD5)),
    row("prfaesxcbc", function(P::PRF_AES128_XCBC)),
    row("prfaescmac", function(P::PRF_AES128_CMAC)),
    row("none", method(K::NONE)),
    row("modpnone", method(K::NONE)),
    weak("modp768", method(K::MODP_768)),
    weak("modp1024", method(K::MODP_1024)),
    weak("modp1536", method(K::MODP_1536)),
    row("modp2048", method(K::MODP_2048)),
    row("modp3072", method(K::MODP_3072)),
    row("modp4096", method(K::MODP_4096)),
    row("modp6144", method(K::MODP_6144)),
    row("modp8192", method(K::MODP_8192)),
    weak("modp1024s160", method(K::MODP_1024_S160)),
    weak("modp2048s224", method(K::MODP_2048_S224)),
    weak("modp2048s256", method(K::MODP_2048_S256)),
    weak("ecp192", method(K::ECP_192)),
    row("ecp224", method(K::ECP_224)),
    row("ecp256", method(K::ECP_256)),
    row("ecp384", method(K::ECP_384)),
    row("ecp521", method(K::ECP_521)),
    row("ecp224bp", method(K::BRAINPOOL_P224R1)),
    row("ecp256bp", method(K::BRAINPOOL_P256R1)),
    row("ecp384bp", method(K::BRAINPOOL_P384R1)),
    row("ecp512bp", method(K::BRAINPOOL_P512R1)),
    row("curve25519", method(K::CURVE25519)),
    row("x25519", method(K::CURVE25519)),
    row("curve448", method(K::CURVE448)),
    row("x448", method(K::CURVE448)),
    row("mlkem512", method(K::ML_KEM_512)),
    row("mlkem768", method(K::ML_KEM_768)),
    row("mlkem1024", method(K::ML_KEM_1024)),
    row("esn", numbers(S::PARTIALLY_TRANSMITTED_64_BIT)),
    row("noesn", numbers(S::SEQUENTIAL_32_BIT)),
};

/// Private use: Serpent, Twofish, 96-bit truncation of HMAC-SHA2-256, Camellia-XCBC, NewHope, NTRU and trial KEMs.
constexpr std::array<std::string_view, 25> kPrivateWords = {
    "serpent",    "serpent128", "serpent192",  "serpent256",   "twofish",         "twofish128", "twofish192",
    "twofish256", "sha256_96",  "sha2_256_96", "camelliaxcbc", "prfcamelliaxcbc", "modpnull",   "newhope",
    "newhope128", "ntru112",    "ntru128",     "ntru192",      "ntru256",         "kyber1",     "kyber3",
    "kyber5",     "frodoa1",    "frodoa3",     "frodoa5"};

constexpr std::string_view kAdditionalPrefix = "ke";

/// ke1_ ... ke7_ make an additional key exchange; the number, or 0.
unsigned additional_number(std::string_view word) {
  if (word.size() < 5 || !word.starts_with(kAdditionalPrefix) || word[3] != '_') return 0;
  return word[2] >= '1' && word[2] <= '7' ? static_cast<unsigned>(word[2] - '0') : 0;
}

}  // namespace

std::optional<ProposalKeyword> find_proposal_keyword(std::string_view word) {
  const auto number = additional_number(word);
  const auto name = number == 0 ? word : word.substr(4);
  const auto found = std::ranges::find(kRows, name, &Row::word);
  if (found == kRows.end() || (number != 0 && found->type != TransformType::KE)) return std::nullopt;
  Transform transform{found->type, found->id, std::nullopt};
  if (found->key_bits != 0) transform.key_bits = found->key_bits;
  if (number != 0) {
    transform.type = static_cast<TransformType>(static_cast<unsigned>(TransformType::ADDKE1) + number - 1);
  }
  return ProposalKeyword{found->word, transform, found->weak};
}

std::string proposal_text(const Proposal& proposal) {
  std::string text;
  for (const auto& transform : proposal.transforms) {
    if (transform == sequence_numbers(SequenceNumbers::SEQUENTIAL_32_BIT)) continue;
    const auto row = std::ranges::find_if(kRows, [&](const Row& each) {
      return each.type == transform.type && each.id == transform.id && each.key_bits == transform.key_bits.value_or(0);
    });
    if (row != kRows.end()) text += (text.empty() ? "" : "-") + std::string(row->word);
  }
  return text;
}

bool is_private_keyword(std::string_view word) { return std::ranges::find(kPrivateWords, word) != kPrivateWords.end(); }

std::vector<std::string_view> proposal_keywords() {
  std::vector<std::string_view> words;
  words.reserve(kRows.size());
  for (const auto& entry : kRows) words.push_back(entry.word);
  return words;
}

}  // namespace keypact::config
