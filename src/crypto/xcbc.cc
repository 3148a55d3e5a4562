#include "crypto/xcbc.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/check.h"
#include "base/secret.h"

namespace keypact::crypto {
namespace {

Handle<evp_cipher_ctx_st> context_of(evp_cipher_st* cipher) {
  Handle<evp_cipher_ctx_st> context(EVP_CIPHER_CTX_new());
  CHECK(context != nullptr);
  CHECK(EVP_EncryptInit_ex2(context.get(), cipher, nullptr, nullptr, nullptr) == 1);
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return context;
}

}  // namespace

Xcbc::Xcbc(evp_cipher_st* aes_128_ecb, evp_cipher_st* aes_128_cbc)
    : derivation_(context_of(aes_128_ecb)), chain_(context_of(aes_128_cbc)) {}

Xcbc::~Xcbc() {
  wipe_octets(complete_key_);
  wipe_octets(padded_key_);
  wipe_octets(pending_);
}

void Xcbc::set_key(OctetView key) {
  CHECK(key.size() == kOctets);
  std::array<std::uint8_t, 3 * kOctets> derived;
  for (std::size_t i = 0; i < 3; ++i)
    std::fill_n(derived.begin() + static_cast<std::ptrdiff_t>(i * kOctets), kOctets, static_cast<std::uint8_t>(i + 1));
  int written = 0;
  CHECK(EVP_EncryptInit_ex2(derivation_.get(), nullptr, key.data(), nullptr, nullptr) == 1);
  CHECK(EVP_EncryptUpdate(derivation_.get(), derived.data(), &written, derived.data(), derived.size()) == 1);
  const Block zero{};
  CHECK(EVP_EncryptInit_ex2(chain_.get(), nullptr, derived.data(), zero.data(), nullptr) == 1);
  std::copy_n(derived.begin() + kOctets, kOctets, complete_key_.begin());
  std::copy_n(derived.begin() + 2 * kOctets, kOctets, padded_key_.begin());
  wipe_octets(derived);
}

void Xcbc::mac(std::span<const OctetView> parts, std::span<std::uint8_t, kOctets> out) {
  const Block zero{};
  CHECK(EVP_EncryptInit_ex2(chain_.get(), nullptr, nullptr, zero.data(), nullptr) == 1);
  pending_octets_ = 0;
  for (const auto part : parts) absorb(part);
  const bool complete = pending_octets_ == kOctets;
  if (!complete) {
    pending_[pending_octets_] = 0x80;
    std::fill(pending_.begin() + static_cast<std::ptrdiff_t>(pending_octets_) + 1, pending_.end(), std::uint8_t{0});
  }
  const Block& mask = complete ? complete_key_ : padded_key_;
  for (std::size_t i = 0; i < kOctets; ++i) pending_[i] = static_cast<std::uint8_t>(pending_[i] ^ mask[i]);
  encrypt(pending_);
  std::ranges::copy(last_, out.begin());
}

// Keeps back the last block, even when it is complete: it is masked before it is encrypted.
void Xcbc::absorb(OctetView octets) {
  while (!octets.empty()) {
    if (pending_octets_ == kOctets) {
      encrypt(pending_);
      pending_octets_ = 0;
    }
    if (pending_octets_ == 0 && octets.size() > kOctets) {
      const std::size_t whole = (octets.size() - 1) / kOctets * kOctets;
      encrypt(octets.first(whole));
      octets = octets.subspan(whole);
    }
    const std::size_t count = std::min(kOctets - pending_octets_, octets.size());
    std::copy_n(octets.begin(), count, pending_.begin() + static_cast<std::ptrdiff_t>(pending_octets_));
    pending_octets_ += count;
    octets = octets.subspan(count);
  }
}

void Xcbc::encrypt(OctetView blocks) {
  std::array<std::uint8_t, 32 * kOctets> ciphertext;
  while (!blocks.empty()) {
    const std::size_t count = std::min(blocks.size(), ciphertext.size());
    int written = 0;
    CHECK(EVP_EncryptUpdate(chain_.get(), ciphertext.data(), &written, blocks.data(), static_cast<int>(count)) == 1);
    blocks = blocks.subspan(count);
    if (blocks.empty())
      std::copy_n(ciphertext.begin() + static_cast<std::ptrdiff_t>(count - kOctets), kOctets, last_.begin());
  }
}

}  // namespace keypact::crypto
