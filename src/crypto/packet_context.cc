#include "crypto/packet_context.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace keypact::crypto {
namespace {

// Of every algorithm that takes a salt; a constant length is copied without a call.
constexpr std::size_t kExplicitIvOctets = 8;

int as_int(std::size_t octets) {
  CHECK(octets <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  return static_cast<int>(octets);
}

}  // namespace

PacketContext::PacketContext(const CipherAlgorithm& algorithm, evp_cipher_st* cipher, std::optional<Mac> mac,
                             std::size_t icv)
    : algorithm_(&algorithm), mac_(std::move(mac)), icv_(icv) {
  CHECK(algorithm.salt == 0 || algorithm.iv == kExplicitIvOctets);
  if (algorithm.mode == CipherMode::null) return;
  CHECK(cipher != nullptr);
  context_.reset(EVP_CIPHER_CTX_new());
  CHECK(context_ != nullptr);
  CHECK(EVP_CipherInit_ex2(context_.get(), cipher, nullptr, nullptr, 1, nullptr) == 1);
  // Only where there is padding to switch off: OpenSSL repeats the setting with every IV.
  if (algorithm.mode == CipherMode::cbc) EVP_CIPHER_CTX_set_padding(context_.get(), 0);
}

void PacketContext::set_keys(const PacketKeys& keys, PacketDirection direction) {
  const auto encryption = keys.encryption.reveal();
  CHECK(encryption.size() == algorithm_->key + algorithm_->salt);
  if (mac_) mac_->set_key(keys.integrity.reveal());
  if (!context_) return;
  if (algorithm_->mode == CipherMode::ccm) configure_aead(direction);
  // Counter mode encrypts in both directions, which is the same but for the key schedule that OpenSSL chooses.
  const int encrypt = direction == PacketDirection::seal ? 1 : 0;
  CHECK(EVP_CipherInit_ex2(context_.get(), nullptr, encryption.data(), nullptr, encrypt, nullptr) == 1);
  nonce_ = {};
  std::ranges::copy(encryption.last(algorithm_->salt), nonce_.begin());
  // RFC 3686 §4: nonce | IV | a block counter that begins with one.
  if (algorithm_->mode == CipherMode::ctr) nonce_.back() = 1;
}

// CCM wants the lengths of nonce and tag before the key: they are part of the first block.
void PacketContext::configure_aead(PacketDirection direction) {
  std::size_t nonce_octets = algorithm_->salt + algorithm_->iv;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, &nonce_octets),
                                   OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, nullptr, icv_),
                                   OSSL_PARAM_construct_end()};
  const int encrypt = direction == PacketDirection::seal ? 1 : 0;
  CHECK(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, nullptr, encrypt, parameters) == 1);
}

void PacketContext::start_packet(OctetView iv) {
  if (!context_) return;
  const std::uint8_t* start = iv.data();
  if (algorithm_->salt != 0) {
    std::copy_n(iv.begin(), kExplicitIvOctets, nonce_.begin() + static_cast<std::ptrdiff_t>(algorithm_->salt));
    start = nonce_.data();
  }
  CHECK(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, start, -1, nullptr) == 1);
}

void PacketContext::associate(OctetView octets) {
  if (octets.empty()) return;
  int written = 0;
  CHECK(EVP_CipherUpdate(context_.get(), nullptr, &written, octets.data(), as_int(octets.size())) == 1);
}

void PacketContext::transform(MutableOctets text) {
  if (!context_ || text.empty()) return;
  int written = 0;
  CHECK(EVP_CipherUpdate(context_.get(), text.data(), &written, text.data(), as_int(text.size())) == 1);
}

void PacketContext::seal(const PacketView& packet, MutableOctets icv) {
  CHECK(icv.size() == icv_ && packet.iv.size() == algorithm_->iv && packet.text.size() % algorithm_->block == 0);
  if (!mac_) return seal_aead(packet, icv);
  start_packet(packet.iv);
  transform(packet.text);
  authenticate(packet, icv);
}

bool PacketContext::open(const PacketView& packet, OctetView icv) {
  if (icv.size() != icv_ || packet.iv.size() != algorithm_->iv || packet.text.size() % algorithm_->block != 0)
    return false;
  if (!mac_) return open_aead(packet, icv);
  std::array<std::uint8_t, kMacMaxOctets> expected;
  authenticate(packet, std::span(expected).first(icv_));
  if (!secret_equal(std::span(expected).first(icv_), icv)) return false;
  start_packet(packet.iv);
  transform(packet.text);
  return true;
}

// RFC 7296 §3.14, RFC 4303 §3.3.2.1: encrypt, then authenticate what is sent (and the high octets of the ESN).
void PacketContext::authenticate(const PacketView& packet, MutableOctets icv) {
  const OctetView parts[] = {packet.associated, packet.iv, packet.text, packet.suffix};
  mac_->compute(parts, icv);
}

void PacketContext::seal_aead(const PacketView& packet, MutableOctets icv) {
  start_packet(packet.iv);
  int written = 0;
  std::uint8_t none = 0;
  if (algorithm_->mode == CipherMode::ccm)
    CHECK(EVP_CipherUpdate(context_.get(), nullptr, &written, nullptr, as_int(packet.text.size())) == 1);
  associate(packet.associated);
  if (algorithm_->mode == CipherMode::gmac) {
    // RFC 4543 §3.3: all of the packet is associated data, the IV before the payload.
    associate(packet.iv);
    associate(packet.text);
  } else if (packet.text.empty()) {
    CHECK(EVP_CipherUpdate(context_.get(), &none, &written, &none, 0) == 1);
  } else {
    transform(packet.text);
  }
  CHECK(EVP_CipherFinal_ex(context_.get(), &none, &written) == 1);
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, icv.data(), icv.size()),
                             OSSL_PARAM_construct_end()};
  CHECK(EVP_CIPHER_CTX_get_params(context_.get(), parameters) == 1);
}

bool PacketContext::open_aead(const PacketView& packet, OctetView icv) {
  start_packet(packet.iv);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, const_cast<std::uint8_t*>(icv.data()), icv.size()),
      OSSL_PARAM_construct_end()};
  CHECK(EVP_CIPHER_CTX_set_params(context_.get(), parameters) == 1);
  int written = 0;
  std::uint8_t none = 0;
  bool authentic = true;
  if (algorithm_->mode == CipherMode::ccm)
    CHECK(EVP_CipherUpdate(context_.get(), nullptr, &written, nullptr, as_int(packet.text.size())) == 1);
  associate(packet.associated);
  if (algorithm_->mode == CipherMode::gmac) {
    associate(packet.iv);
    associate(packet.text);
  } else {
    // CCM verifies here, the others at the end.
    std::uint8_t* const text = packet.text.empty() ? &none : packet.text.data();
    authentic = EVP_CipherUpdate(context_.get(), text, &written, text, as_int(packet.text.size())) == 1;
  }
  authentic = authentic && EVP_CipherFinal_ex(context_.get(), &none, &written) == 1;
  if (authentic) return true;
  wipe_octets(packet.text);
  forget_openssl_errors();
  return false;
}

}  // namespace keypact::crypto
