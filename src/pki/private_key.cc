#include "pki/private_key.h"

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>

#include "pki/signature_digest.h"
#include "pki/x509_handles.h"

namespace keypact::pki {
namespace {

constexpr std::size_t kKeyOctets = 64 * 1024;

using Kind = PrivateKeyError::Kind;

std::unexpected<PrivateKeyError> refused(Kind kind) { return failure(PrivateKeyError{kind, {}}); }

struct Passphrase {
  OctetView octets;
  bool asked = false;
};

int give_passphrase(char* buffer, int size, int /*writing*/, void* data) {
  auto* const passphrase = static_cast<Passphrase*>(data);
  passphrase->asked = true;
  if (passphrase->octets.empty() || passphrase->octets.size() > static_cast<std::size_t>(size)) return -1;
  std::ranges::copy(passphrase->octets, buffer);
  return static_cast<int>(passphrase->octets.size());
}

/// Empties the error queue; true when it says that the encryption is not known, rather than that the passphrase is wrong.
bool encryption_was_unknown() {
  bool unknown = false;
  while (const auto error = ERR_get_error()) {
    const int library = ERR_GET_LIB(error);
    const int reason = ERR_GET_REASON(error);
    unknown |= library == ERR_LIB_EVP && (reason == ERR_R_UNSUPPORTED || reason == EVP_R_UNKNOWN_PBE_ALGORITHM ||
                                          reason == EVP_R_UNSUPPORTED_CIPHER);
    unknown |= library == ERR_LIB_PEM && (reason == PEM_R_UNSUPPORTED_ENCRYPTION || reason == PEM_R_UNSUPPORTED_CIPHER);
  }
  return unknown;
}

crypto::Handle<evp_pkey_st> decode_pem(std::string_view text, Passphrase& passphrase) {
  const X509Handle<bio_st> source(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  return crypto::Handle<evp_pkey_st>(PEM_read_bio_PrivateKey(source.get(), nullptr, give_passphrase, &passphrase));
}

/// One value to the last octet.
crypto::Handle<evp_pkey_st> decode_der(OctetView der, Passphrase& passphrase) {
  EVP_PKEY* key = nullptr;
  auto* const decoder =
      OSSL_DECODER_CTX_new_for_pkey(&key, "DER", nullptr, nullptr, EVP_PKEY_KEYPAIR, nullptr, nullptr);
  if (decoder == nullptr) return nullptr;
  OSSL_DECODER_CTX_set_pem_password_cb(decoder, give_passphrase, &passphrase);
  const auto* at = der.data();
  auto left = der.size();
  const bool read = OSSL_DECODER_from_data(decoder, &at, &left) == 1 && left == 0;
  OSSL_DECODER_CTX_free(decoder);
  crypto::Handle<evp_pkey_st> result(key);
  return read ? std::move(result) : nullptr;
}

bool is_private(EVP_PKEY* key) {
  const crypto::Handle<evp_pkey_ctx_st> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return EVP_PKEY_private_check(context.get()) == 1;
}

bool halves_agree(EVP_PKEY* key) {
  const crypto::Handle<evp_pkey_ctx_st> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return EVP_PKEY_pairwise_check(context.get()) == 1;
}

bool type_supported(EVP_PKEY* key) {
  for (const char* type : {"RSA", "RSA-PSS", "EC", "ED25519", "ED448"})
    if (EVP_PKEY_is_a(key, type) == 1) return true;
  return false;
}

}  // namespace

Result<PrivateKey, PrivateKeyError> PrivateKey::of(evp_pkey_st* key, KeyLimits limits) {
  if (!type_supported(key)) return refused(Kind::type_unsupported);
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  crypto::forget_openssl_errors();
  if (size <= 0) return refused(Kind::not_a_key);
  auto public_key = PublicKey::from_spki({der, static_cast<std::size_t>(size)}, limits);
  OPENSSL_free(der);
  if (!public_key) return failure(PrivateKeyError{Kind::key_refused, public_key.error()});
  const bool has_private_half = is_private(key);
  const bool agree = has_private_half && halves_agree(key);
  crypto::forget_openssl_errors();
  if (!has_private_half) return refused(Kind::not_a_key);
  if (!agree) return refused(Kind::halves_differ);
  EVP_PKEY_up_ref(key);
  return PrivateKey({key, EVP_PKEY_free}, std::move(*public_key));
}

Result<PrivateKey, PrivateKeyError> PrivateKey::read(const Secret& octets, const Secret& passphrase, KeyLimits limits) {
  if (octets.size() > kKeyOctets) return refused(Kind::too_long);
  if (octets.empty()) return refused(Kind::not_a_key);
  Passphrase given{passphrase.reveal()};
  const auto text = as_text(octets.reveal());
  const bool is_pem = text.find("-----BEGIN ") != std::string_view::npos;
  const auto key = is_pem ? decode_pem(text, given) : decode_der(octets.reveal(), given);
  const bool unknown = encryption_was_unknown();
  if (key) return of(key.get(), limits);
  if (!given.asked) return refused(unknown && is_pem ? Kind::encryption_unsupported : Kind::not_a_key);
  if (passphrase.empty()) return refused(Kind::passphrase_needed);
  return refused(unknown ? Kind::encryption_unsupported : Kind::passphrase_wrong);
}

Result<Octets, SignatureError> PrivateKey::sign(const SignatureScheme& scheme, OctetView message) const {
  if (!public_key_.fits(scheme)) return failure(SignatureError::scheme_of_other_key);
  const crypto::Handle<evp_md_ctx_st> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* padding = nullptr;
  Octets signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())));
  std::size_t size = signature.size();
  const bool made =
      EVP_DigestSignInit_ex(context.get(), &padding, digest_name(scheme), nullptr, nullptr, key_.get(), nullptr) == 1 &&
      set_padding(padding, scheme) &&
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1;
  crypto::forget_openssl_errors();
  if (!made) return failure(SignatureError::cannot_sign);
  signature.resize(size);
  if (scheme.form != SignatureForm::ecdsa_raw) return signature;
  auto raw = raw_signature(signature, scalar_octets(scheme));
  if (!raw) return failure(SignatureError::cannot_sign);
  return std::move(*raw);
}

std::string PrivateKeyError::sentence() const {
  switch (kind) {
    case Kind::too_long: return "the file is longer than 64 KiB, which no private key is";
    case Kind::not_a_key: return "there is no private key in it, in PEM or in DER";
    case Kind::passphrase_needed: return "the private key is encrypted and no passphrase is known for it";
    case Kind::passphrase_wrong: return "the passphrase does not open the private key";
    case Kind::encryption_unsupported:
      return "the private key is encrypted with an algorithm that OpenSSL does not have";
    case Kind::type_unsupported: return "the private key is none of RSA, ECDSA, Ed25519 and Ed448";
    case Kind::halves_differ: return "the private and the public half of the key do not belong together";
    case Kind::key_refused: return std::string(pki::sentence(key.value_or(KeyError::malformed)));
  }
  return {};
}

}  // namespace keypact::pki
