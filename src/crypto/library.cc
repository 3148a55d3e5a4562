#include "crypto/library.h"

#include <openssl/evp.h>

#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "crypto/library_impl.h"

namespace keypact::crypto {
namespace {

// RFC 9370 §2.1: additional key exchanges use the methods of transform type 4.
bool is_key_exchange(TransformType type) {
  return type == TransformType::KE || (type >= TransformType::ADDKE1 && type <= TransformType::ADDKE7);
}

template <class T>
Handle<T> or_forget(T* fetched) {
  if (fetched == nullptr) forget_openssl_errors();
  return Handle<T>(fetched);
}

}  // namespace

Library::Impl::Impl() {
  mac_parts.hmac = or_forget(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  mac_parts.cmac = or_forget(EVP_MAC_fetch(nullptr, "CMAC", nullptr));
  mac_parts.aes_128_ecb = or_forget(EVP_CIPHER_fetch(nullptr, "AES-128-ECB", nullptr));
  mac_parts.aes_128_cbc = or_forget(EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr));
  for (std::size_t i = 0; i < kMacs; ++i) macs_[i] = Mac::create(mac_parts, static_cast<MacId>(i));
  sha1 = or_forget(EVP_MD_fetch(nullptr, "SHA1", nullptr));
  digest.reset(EVP_MD_CTX_new());
  CHECK(digest != nullptr);
  for (const auto& algorithm : cipher_algorithms()) {
    const std::string_view name = algorithm.name == nullptr ? "" : algorithm.name;
    if (name.empty() || std::ranges::find(ciphers_, name, &FetchedCipher::name) != ciphers_.end()) continue;
    ciphers_.push_back({algorithm.name, or_forget(EVP_CIPHER_fetch(nullptr, algorithm.name, nullptr))});
  }
}

Library::Impl::~Impl() = default;

Mac* Library::Impl::mac(MacId id) {
  auto& found = macs_.at(static_cast<std::size_t>(id));
  return found ? &*found : nullptr;
}

evp_cipher_st* Library::Impl::cipher(const CipherAlgorithm& algorithm) {
  if (algorithm.name == nullptr) return nullptr;
  const auto found = std::ranges::find(ciphers_, std::string_view(algorithm.name), &FetchedCipher::name);
  return found == ciphers_.end() ? nullptr : found->cipher.get();
}

std::unique_ptr<PacketContext> Library::Impl::make_packet_context(const PacketAlgorithms& algorithms) {
  const auto sizes = packet_sizes(algorithms);
  const auto* const algorithm = cipher_algorithm(algorithms.encryption, algorithms.key_bits);
  if (sizes.icv == 0 || algorithm == nullptr) return nullptr;
  auto* const fetched = cipher(*algorithm);
  if (fetched == nullptr && algorithm->mode != CipherMode::null) return nullptr;
  std::optional<Mac> mac;
  if (!algorithm->is_aead()) {
    mac = Mac::create(mac_parts, integrity_algorithm(algorithms.integrity)->mac);
    if (!mac) return nullptr;
  }
  return std::make_unique<PacketContext>(*algorithm, fetched, std::move(mac), sizes.icv);
}

PacketContext& Library::Impl::packet_context(const PacketAlgorithms& algorithms) {
  for (const auto& scratch : packet_contexts_)
    if (scratch.algorithms == algorithms) return *scratch.context;
  auto context = make_packet_context(algorithms);
  CHECK(context != nullptr);
  packet_contexts_.push_back({algorithms, std::move(context)});
  return *packet_contexts_.back().context;
}

KeyExchangeAlgorithm* Library::Impl::key_exchange(KeyExchangeMethod method) {
  const auto index = static_cast<std::size_t>(method);
  if (index >= key_exchanges_.size()) return nullptr;
  auto& slot = key_exchanges_[index];
  if (!slot.tried) slot = {true, make_key_exchange_algorithm(method)};
  return slot.algorithm.get();
}

Library::Library() : impl_(std::make_unique<Impl>()) {}
Library::~Library() = default;

bool Library::supports(const Transform& transform) const {
  // A Key Length attribute of zero is not the absence of one.
  if (transform.key_bits && (transform.type != TransformType::ENCR || *transform.key_bits == 0)) return false;
  if (is_key_exchange(transform.type)) {
    const auto method = static_cast<KeyExchangeMethod>(transform.id);
    return method == KeyExchangeMethod::NONE || impl_->key_exchange(method) != nullptr;
  }
  switch (transform.type) {
    case TransformType::ENCR: {
      const auto* const found =
          cipher_algorithm(static_cast<EncryptionId>(transform.id), transform.key_bits.value_or(0));
      return found != nullptr && (found->mode == CipherMode::null || impl_->cipher(*found) != nullptr);
    }
    case TransformType::PRF: {
      const auto mac = mac_of(static_cast<PrfId>(transform.id));
      return mac && impl_->mac(*mac) != nullptr;
    }
    case TransformType::INTEG: {
      const auto id = static_cast<IntegrityId>(transform.id);
      const auto* const found = integrity_algorithm(id);
      return id == IntegrityId::NONE || (found != nullptr && impl_->mac(found->mac) != nullptr);
    }
    case TransformType::SN: return transform.id <= 1;
    default: return false;
  }
}

bool is_weak(const Transform& transform) {
  if (is_key_exchange(transform.type)) return is_weak_key_exchange(static_cast<KeyExchangeMethod>(transform.id));
  switch (transform.type) {
    case TransformType::ENCR:
      switch (static_cast<EncryptionId>(transform.id)) {
        case EncryptionId::ENCR_AES_CBC:
        case EncryptionId::ENCR_AES_CTR:
        case EncryptionId::ENCR_AES_CCM_8:
        case EncryptionId::ENCR_AES_CCM_12:
        case EncryptionId::ENCR_AES_CCM_16:
        case EncryptionId::ENCR_AES_GCM_8:
        case EncryptionId::ENCR_AES_GCM_12:
        case EncryptionId::ENCR_AES_GCM_16:
        case EncryptionId::ENCR_CHACHA20_POLY1305: return false;
        default: return true;
      }
    case TransformType::PRF: return static_cast<PrfId>(transform.id) == PrfId::PRF_HMAC_MD5;
    case TransformType::INTEG:
      switch (static_cast<IntegrityId>(transform.id)) {
        case IntegrityId::AUTH_HMAC_MD5_96:
        case IntegrityId::AUTH_HMAC_MD5_128:
        case IntegrityId::AUTH_DES_MAC:
        case IntegrityId::AUTH_KPDK_MD5: return true;
        default: return false;
      }
    default: return false;
  }
}

}  // namespace keypact::crypto
