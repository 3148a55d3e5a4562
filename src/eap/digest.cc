#include "eap/digest.h"

#define OPENSSL_SUPPRESS_DEPRECATED  // SHA1_Transform: nothing else of OpenSSL hashes without padding
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/sha.h>

#include <algorithm>

#include "base/check.h"
#include "base/writer.h"
#include "crypto/openssl_handles.h"

namespace keypact::eap {
namespace {

template <std::size_t Octets>
std::array<std::uint8_t, Octets> digest(const EVP_MD* algorithm, std::initializer_list<OctetView> parts) {
  const crypto::Handle<evp_md_ctx_st> context(EVP_MD_CTX_new());
  CHECK(context != nullptr && algorithm != nullptr && EVP_MD_get_size(algorithm) == static_cast<int>(Octets));
  CHECK(EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1);
  for (const auto part : parts) CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  std::array<std::uint8_t, Octets> out;
  CHECK(EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1);
  return out;
}

Secret hmac(const char* digest_name, std::size_t octets, OctetView key, std::initializer_list<OctetView> parts) {
  Octets message;
  for (const auto part : parts) append(message, part);
  Secret out(octets);
  std::size_t written = 0;
  CHECK(EVP_Q_mac(nullptr, "HMAC", nullptr, digest_name, nullptr, key.data(), key.size(), message.data(),
                  message.size(), out.reveal_mutable().data(), octets, &written) != nullptr &&
        written == octets);
  wipe_octets(message);
  return out;
}

/// Kept until the process ends: loading the provider reads a file.
struct Legacy {
  Legacy() : context(OSSL_LIB_CTX_new()) {
    CHECK(context != nullptr);
    if (OSSL_PROVIDER_load(context, "legacy") != nullptr) {
      md4.reset(EVP_MD_fetch(context, "MD4", nullptr));
      des.reset(EVP_CIPHER_fetch(context, "DES-ECB", nullptr));
    }
    crypto::forget_openssl_errors();
  }
  OSSL_LIB_CTX* context;
  crypto::Handle<evp_md_st> md4;
  crypto::Handle<evp_cipher_st> des;
};

const Legacy& legacy() {
  static const auto* const kLegacy = new Legacy;
  return *kLegacy;
}

}  // namespace

std::array<std::uint8_t, 16> md5(std::initializer_list<OctetView> parts) { return digest<16>(EVP_md5(), parts); }
std::array<std::uint8_t, 20> sha1(std::initializer_list<OctetView> parts) { return digest<20>(EVP_sha1(), parts); }

std::array<std::uint8_t, 32> sha256(std::initializer_list<OctetView> parts) { return digest<32>(EVP_sha256(), parts); }

std::array<std::uint8_t, 20> sha1_of_one_block(const std::array<std::uint8_t, 20>& octets) {
  std::array<std::uint8_t, SHA_CBLOCK> block{};
  std::ranges::copy(octets, block.begin());
  SHA_CTX state;
  CHECK(SHA1_Init(&state) == 1);
  SHA1_Transform(&state, block.data());
  Writer out;
  for (const auto word : {state.h0, state.h1, state.h2, state.h3, state.h4}) out.u32(static_cast<std::uint32_t>(word));
  std::array<std::uint8_t, 20> hash;
  std::ranges::copy(out.view(), hash.begin());
  OPENSSL_cleanse(&state, sizeof state);
  wipe_octets(block);
  return hash;
}

Secret hmac_sha1(OctetView key, std::initializer_list<OctetView> parts) { return hmac("SHA1", 20, key, parts); }
Secret hmac_sha256(OctetView key, std::initializer_list<OctetView> parts) { return hmac("SHA256", 32, key, parts); }

std::array<std::uint8_t, 16> aes_128_encrypt(OctetView key, const std::array<std::uint8_t, 16>& clear) {
  CHECK(key.size() == 16);
  const crypto::Handle<evp_cipher_ctx_st> context(EVP_CIPHER_CTX_new());
  CHECK(context != nullptr);
  CHECK(EVP_EncryptInit_ex2(context.get(), EVP_aes_128_ecb(), key.data(), nullptr, nullptr) == 1);
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  std::array<std::uint8_t, 16> out;
  int written = 0;
  CHECK(EVP_EncryptUpdate(context.get(), out.data(), &written, clear.data(), 16) == 1 && written == 16);
  return out;
}

bool has_legacy_algorithms() { return legacy().md4 != nullptr && legacy().des != nullptr; }

std::array<std::uint8_t, 16> md4(OctetView octets) { return digest<16>(legacy().md4.get(), {octets}); }

std::array<std::uint8_t, 8> des_encrypt(std::span<const std::uint8_t, 7> key, std::span<const std::uint8_t, 8> clear) {
  std::array<std::uint8_t, 8> with_parity;
  std::uint64_t bits = 0;
  for (const auto octet : key) bits = bits << 8 | octet;
  // DES does not look at the lowest bit of each octet.
  for (std::size_t i = 0; i < 8; ++i) with_parity[i] = static_cast<std::uint8_t>((bits >> (49 - 7 * i) & 0x7f) << 1);
  const crypto::Handle<evp_cipher_ctx_st> context(EVP_CIPHER_CTX_new());
  CHECK(context != nullptr);
  CHECK(EVP_EncryptInit_ex2(context.get(), legacy().des.get(), with_parity.data(), nullptr, nullptr) == 1);
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  std::array<std::uint8_t, 8> out;
  int written = 0;
  CHECK(EVP_EncryptUpdate(context.get(), out.data(), &written, clear.data(), 8) == 1 && written == 8);
  wipe_octets(with_parity);
  return out;
}

}  // namespace keypact::eap
