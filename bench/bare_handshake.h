// BareHandshake: the cryptographic operations of one handshake with a shared key, both sides, and nothing else: EVP calls with
// fetched algorithms and kept contexts. AES-256-GCM, PRF_HMAC_SHA2_256. RFC 7296 §2.13 to §2.17, §2.23.
#pragma once

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>

#include "base/check.h"
#include "base/octets.h"
#include "crypto/openssl_handles.h"
#include "proto/transform_registries.h"

namespace keypact::bench {

using crypto::Handle;

/// Lengths in octets.
struct HandshakeSizes {
  std::size_t init_request = 0;
  std::size_t init_response = 0;
  std::size_t auth_request = 0;
  std::size_t auth_response = 0;
  std::size_t shared_key = 0;
  std::size_t id_initiator = 0;  ///< body of the payload
  std::size_t id_responder = 0;
};

/// Key generation, import of the peer's value and derivation.
class BareKeyExchange {
 public:
  explicit BareKeyExchange(KeyExchangeMethod method) : x25519_(method == KeyExchangeMethod::CURVE25519) {
    generation_.reset(EVP_PKEY_CTX_new_from_name(nullptr, x25519_ ? "X25519" : "EC", nullptr));
    CHECK(EVP_PKEY_keygen_init(generation_.get()) == 1);
    if (!x25519_) CHECK(EVP_PKEY_CTX_set_group_name(generation_.get(), "P-256") == 1);
  }

  void run() {
    const auto initiator = generate();
    const auto responder = generate();
    derive(initiator, value_of(responder));
    derive(responder, value_of(initiator));
  }

 private:
  Handle<evp_pkey_st> generate() {
    evp_pkey_st* key = nullptr;
    CHECK(EVP_PKEY_keygen(generation_.get(), &key) == 1);
    return Handle<evp_pkey_st>(key);
  }
  OctetView value_of(const Handle<evp_pkey_st>& key) {
    std::size_t size = value_.size();
    if (x25519_) CHECK(EVP_PKEY_get_raw_public_key(key.get(), value_.data(), &size) == 1);
    else
      CHECK(EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, value_.data(), size,
                                            &size) == 1);
    return OctetView(value_).first(size);
  }
  void derive(const Handle<evp_pkey_st>& own, OctetView value) {
    Handle<evp_pkey_st> peer;
    if (x25519_) {
      peer.reset(EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, value.data(), value.size()));
    } else {
      peer.reset(EVP_PKEY_new());
      CHECK(EVP_PKEY_copy_parameters(peer.get(), own.get()) == 1);
      CHECK(EVP_PKEY_set1_encoded_public_key(peer.get(), value.data(), value.size()) == 1);
    }
    const Handle<evp_pkey_ctx_st> derivation(EVP_PKEY_CTX_new_from_pkey(nullptr, own.get(), nullptr));
    CHECK(EVP_PKEY_derive_init(derivation.get()) == 1);
    CHECK(EVP_PKEY_derive_set_peer_ex(derivation.get(), peer.get(), 0) == 1);
    std::size_t size = shared_.size();
    CHECK(EVP_PKEY_derive(derivation.get(), shared_.data(), &size) == 1);
  }

  bool x25519_;
  Handle<evp_pkey_ctx_st> generation_;
  std::array<std::uint8_t, 80> value_{};
  std::array<std::uint8_t, 32> shared_{};
};

class BareHandshake {
 public:
  BareHandshake(KeyExchangeMethod method, const HandshakeSizes& sizes) : sizes_(sizes), exchange_(method) {
    const Handle<evp_mac_st> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    mac_.reset(EVP_MAC_CTX_new(hmac.get()));
    char digest[] = "SHA2-256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    CHECK(EVP_MAC_CTX_set_params(mac_.get(), parameters) == 1);
    sha1_.reset(EVP_MD_fetch(nullptr, "SHA1", nullptr));
    digest_.reset(EVP_MD_CTX_new());
    const Handle<evp_cipher_st> cipher(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
    cipher_.reset(EVP_CIPHER_CTX_new());
    CHECK(EVP_CipherInit_ex2(cipher_.get(), cipher.get(), nullptr, nullptr, 1, nullptr) == 1);
    octets_.resize(4096, 0x5a);
  }

  void run() {
    exchange_.run();
    for (int side = 0; side < 2; ++side) {
      CHECK(RAND_priv_bytes(random_.data(), 40) == 1);  // SPI and nonce
      for (int hash = 0; hash < 4; ++hash) nat_detection_hash();
      prf(64, 32);            // SKEYSEED
      prf_plus(32, 80, 168);  // the seven keys
      auth(sizes_.init_request, sizes_.id_initiator);
      auth(sizes_.init_response, sizes_.id_responder);
      prf_plus(32, 64, 72);  // KEYMAT
    }
    for (const auto size : {sizes_.auth_request, sizes_.auth_response}) {
      packet(size, true);
      packet(size, false);
    }
  }

 private:
  void nat_detection_hash() {
    CHECK(EVP_DigestInit_ex2(digest_.get(), sha1_.get(), nullptr) == 1);
    CHECK(EVP_DigestUpdate(digest_.get(), octets_.data(), 8 + 8 + 4 + 2) == 1);
    CHECK(EVP_DigestFinal_ex(digest_.get(), block_.data(), nullptr) == 1);
  }
  void prf(std::size_t key, std::size_t message) {
    std::size_t written = 0;
    CHECK(EVP_MAC_init(mac_.get(), octets_.data(), key, nullptr) == 1);
    CHECK(EVP_MAC_update(mac_.get(), octets_.data(), message) == 1);
    CHECK(EVP_MAC_final(mac_.get(), block_.data(), &written, block_.size()) == 1);
  }
  void prf_plus(std::size_t key, std::size_t seed, std::size_t octets) {
    std::size_t written = 0;
    CHECK(EVP_MAC_init(mac_.get(), octets_.data(), key, nullptr) == 1);
    for (std::size_t made = 0; made < octets; made += 32) {
      if (made != 0) CHECK(EVP_MAC_init(mac_.get(), nullptr, 0, nullptr) == 1);
      CHECK(EVP_MAC_update(mac_.get(), octets_.data(), seed + 1 + (made == 0 ? 0 : 32)) == 1);
      CHECK(EVP_MAC_final(mac_.get(), block_.data(), &written, block_.size()) == 1);
    }
  }
  /// prf(prf(Shared Secret, "Key Pad for IKEv2"), message | nonce | prf(SK_p, ID)).
  void auth(std::size_t message, std::size_t id) {
    prf(sizes_.shared_key, 17);
    prf(32, id);
    prf(32, message + 32 + 32);
  }
  /// A message with its header of 32 octets and an IV of 8 in front, a tag of 16 behind.
  void packet(std::size_t size, bool seal) {
    const auto text = static_cast<int>(size - 32 - 8 - 16);
    int written = 0;
    CHECK(EVP_CipherInit_ex2(cipher_.get(), nullptr, octets_.data(), octets_.data(), seal ? 1 : 0, nullptr) == 1);
    if (!seal) {
      OSSL_PARAM tag[] = {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag_.data(), tag_.size()),
                          OSSL_PARAM_construct_end()};
      CHECK(EVP_CIPHER_CTX_set_params(cipher_.get(), tag) == 1);
    }
    CHECK(EVP_CipherUpdate(cipher_.get(), nullptr, &written, octets_.data(), 32) == 1);
    CHECK(EVP_CipherUpdate(cipher_.get(), text_.data(), &written, text_.data(), text) == 1);
    CHECK(EVP_CipherFinal_ex(cipher_.get(), text_.data(), &written) == 1);
    if (!seal) return;
    OSSL_PARAM tag[] = {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag_.data(), tag_.size()),
                        OSSL_PARAM_construct_end()};
    CHECK(EVP_CIPHER_CTX_get_params(cipher_.get(), tag) == 1);
  }

  HandshakeSizes sizes_;
  BareKeyExchange exchange_;
  Handle<evp_mac_ctx_st> mac_;
  Handle<evp_md_st> sha1_;
  Handle<evp_md_ctx_st> digest_;
  Handle<evp_cipher_ctx_st> cipher_;
  Octets octets_;
  std::array<std::uint8_t, 64> random_{};
  std::array<std::uint8_t, 32> block_{};
  std::array<std::uint8_t, 16> tag_{};
  std::array<std::uint8_t, 4096> text_{};
};

}  // namespace keypact::bench
