#include "crypto/mac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>

#include "base/check.h"
#include "base/secret.h"

namespace keypact::crypto {
namespace {

const char* digest_name(MacId id) {
  switch (id) {
    case MacId::hmac_md5: return "MD5";
    case MacId::hmac_sha1: return "SHA1";
    case MacId::hmac_sha256: return "SHA2-256";
    case MacId::hmac_sha384: return "SHA2-384";
    case MacId::hmac_sha512: return "SHA2-512";
    case MacId::aes_xcbc:
    case MacId::aes_cmac: break;
  }
  return nullptr;
}

}  // namespace

std::optional<Mac> Mac::create(const MacParts& parts, MacId id) {
  Mac mac(id);
  switch (id) {
    case MacId::aes_xcbc:
      if (!parts.aes_128_ecb || !parts.aes_128_cbc) return std::nullopt;
      mac.xcbc_.emplace(parts.aes_128_ecb.get(), parts.aes_128_cbc.get());
      return mac;
    case MacId::aes_cmac:
      if (!mac.open(parts.cmac.get(), OSSL_MAC_PARAM_CIPHER, "AES-128-CBC")) return std::nullopt;
      return mac;
    default:
      if (!mac.open(parts.hmac.get(), OSSL_MAC_PARAM_DIGEST, digest_name(id))) return std::nullopt;
      return mac;
  }
}

bool Mac::open(evp_mac_st* algorithm, const char* parameter, const char* value) {
  if (algorithm == nullptr) return false;
  context_.reset(EVP_MAC_CTX_new(algorithm));
  CHECK(context_ != nullptr);
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(parameter, const_cast<char*>(value), 0),
                                   OSSL_PARAM_construct_end()};
  if (EVP_MAC_CTX_set_params(context_.get(), parameters) == 1) return true;
  forget_openssl_errors();
  return false;
}

void Mac::set_key(OctetView key) {
  if (xcbc_) return xcbc_->set_key(key);
  static constexpr std::uint8_t kNoKey = 0;  // a null pointer would mean: keep the old key
  CHECK(EVP_MAC_init(context_.get(), key.empty() ? &kNoKey : key.data(), key.size(), nullptr) == 1);
  fresh_ = true;
}

void Mac::compute(std::span<const OctetView> parts, MutableOctets out) {
  CHECK(out.size() <= octets_);
  std::array<std::uint8_t, kMacMaxOctets> full;
  if (xcbc_) {
    xcbc_->mac(parts, std::span(full).first<Xcbc::kOctets>());
  } else {
    if (!fresh_) CHECK(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1);
    fresh_ = false;
    for (const auto part : parts)
      if (!part.empty()) CHECK(EVP_MAC_update(context_.get(), part.data(), part.size()) == 1);
    std::size_t written = 0;
    CHECK(EVP_MAC_final(context_.get(), full.data(), &written, full.size()) == 1);
    CHECK(written == octets_);
  }
  std::copy_n(full.begin(), out.size(), out.begin());
  wipe_octets(full);
}

}  // namespace keypact::crypto
