#include "eap/digest.h"

#include <openssl/evp.h>
#include <openssl/provider.h>

#include "base/check.h"
#include "base/secret.h"
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
