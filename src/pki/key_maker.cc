#include "pki/key_maker.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "pki/x509_handles.h"

namespace keypact::pki {
namespace {

/// Against guessing the passphrase of a stolen file; a tenth of a second for who knows it.
constexpr int kIterations = 210'000;

Secret content_of(BIO* memory) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  return Secret::copy_of(as_octets({text, static_cast<std::size_t>(std::max(size, 0L))}));
}

crypto::Handle<evp_pkey_st> new_key(NewKey kind) {
  switch (kind) {
    case NewKey::ecdsa_p256: return crypto::Handle<evp_pkey_st>(EVP_EC_gen("P-256"));
    case NewKey::rsa_3072: return crypto::Handle<evp_pkey_st>(EVP_RSA_gen(3072));
    case NewKey::ed25519: return crypto::Handle<evp_pkey_st>(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  }
  return nullptr;
}

X509Handle<X509_sig_st> encrypted(PKCS8_PRIV_KEY_INFO* plain, const Secret& passphrase) {
  X509_ALGOR* algorithm = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), kIterations, nullptr, 0, nullptr, NID_hmacWithSHA256);
  if (algorithm == nullptr) return nullptr;
  const auto words = as_text(passphrase.reveal());
  X509Handle<X509_sig_st> sealed(PKCS8_set0_pbe(words.data(), static_cast<int>(words.size()), plain, algorithm));
  if (!sealed) X509_ALGOR_free(algorithm);
  return sealed;
}

}  // namespace

Result<PrivateKey, MakingError> make_private_key(NewKey kind) {
  const auto key = new_key(kind);
  crypto::forget_openssl_errors();
  if (!key) return failure(MakingError{"OpenSSL made no key"});
  auto made = PrivateKey::of(key.get());
  if (!made) return failure(MakingError{made.error().sentence()});
  return std::move(*made);
}

Result<Secret, MakingError> private_key_pem(const PrivateKey& key, const Secret& passphrase) {
  const X509Handle<bio_st> memory(BIO_new(BIO_s_secmem()));  // wiped when it is freed
  const X509Handle<pkcs8_priv_key_info_st> plain(EVP_PKEY2PKCS8(key.native()));
  bool written = memory && plain;
  if (written && passphrase.empty()) {
    written = PEM_write_bio_PKCS8_PRIV_KEY_INFO(memory.get(), plain.get()) == 1;
  } else if (written) {
    const auto sealed = encrypted(plain.get(), passphrase);
    written = sealed && PEM_write_bio_PKCS8(memory.get(), sealed.get()) == 1;
  }
  crypto::forget_openssl_errors();
  if (!written) return failure(MakingError{"OpenSSL did not write the private key"});
  return content_of(memory.get());
}

std::string pem_of(const char* label, OctetView der) {
  const X509Handle<bio_st> memory(BIO_new(BIO_s_mem()));
  PEM_write_bio(memory.get(), label, "", der.data(), static_cast<long>(der.size()));
  return std::string(as_text(content_of(memory.get()).reveal()));
}

}  // namespace keypact::pki
