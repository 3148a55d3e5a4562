#include "pki/pkcs12_maker.h"

#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <algorithm>

#include "pki/x509_handles.h"
#include "pki/x509_values.h"

namespace keypact::pki {
namespace {

// Keychains of Apple refuse a MAC with a salt of 16 octets, and take one of 8.
constexpr int kSaltOctets = 8;
constexpr int kIterations = PKCS12_DEFAULT_ITER;

struct Algorithms {
  int encryption;
  const EVP_MD* (*mac)();
};

Algorithms algorithms_of(Pkcs12Cipher cipher) {
  if (cipher == Pkcs12Cipher::triple_des) return {NID_pbe_WithSHA1And3_Key_TripleDES_CBC, EVP_sha1};
  return {NID_aes_256_cbc, EVP_sha256};
}

bool is_printable_ascii(const Secret& passphrase) {
  return !passphrase.empty() && std::ranges::all_of(passphrase.reveal(), [](auto c) { return c >= 0x20 && c < 0x7f; });
}

/// As OpenSSL wants it: with a NUL at its end.
Secret terminated(const Secret& passphrase) {
  Secret text(passphrase.size() + 1);
  std::ranges::copy(passphrase.reveal(), text.reveal_mutable().begin());
  return text;
}

X509Handle<stack_st_X509> stack_of(std::span<const Certificate> certificates) {
  X509Handle<stack_st_X509> stack(sk_X509_new_null());
  for (const auto& certificate : certificates) {
    if (!stack || X509_up_ref(certificate.native()) != 1) return nullptr;
    if (sk_X509_push(stack.get(), certificate.native()) > 0) continue;
    X509_free(certificate.native());
    return nullptr;
  }
  return stack;
}

}  // namespace

Result<Octets, MakingError> make_pkcs12(const Pkcs12Plan& plan, const PrivateKey& key, const Certificate& certificate,
                                        std::span<const Certificate> authorities, const Secret& passphrase) {
  if (!is_printable_ascii(passphrase))
    return failure(
        MakingError{"the passphrase of a PKCS#12 file is not empty, and printable ASCII: of anything else each "
                    "device makes other octets"});
  const auto words = terminated(passphrase);
  const char* text = as_text(words.reveal()).data();
  const auto algorithms = algorithms_of(plan.cipher);
  const auto others = stack_of(authorities);
  const X509Handle<PKCS12_st> file(others ? PKCS12_create(text, plan.name.c_str(), key.native(), certificate.native(),
                                                          others.get(), algorithms.encryption, algorithms.encryption,
                                                          kIterations, -1, 0)
                                          : nullptr);
  const bool made =
      file && PKCS12_set_mac(file.get(), text, -1, nullptr, kSaltOctets, kIterations, algorithms.mac()) == 1;
  crypto::forget_openssl_errors();
  if (!made) return failure(MakingError{"OpenSSL did not make the PKCS#12 file"});
  return encoded(file.get(), i2d_PKCS12);
}

}  // namespace keypact::pki
