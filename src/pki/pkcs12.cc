#include "pki/pkcs12.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "pki/x509_handles.h"

namespace keypact::pki {
namespace {

constexpr std::size_t kFileOctets = 1024 * 1024;

using Kind = Pkcs12Error::Kind;

std::unexpected<Pkcs12Error> refused(Kind kind, std::string detail = {}) {
  return failure(Pkcs12Error{kind, std::move(detail)});
}

Result<Certificate, Pkcs12Error> certificate_of(X509* x509, KeyLimits limits) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(x509, &der);
  if (size <= 0) return refused(Kind::malformed);
  auto certificate = Certificate::from_der({der, static_cast<std::size_t>(size)}, limits);
  OPENSSL_free(der);
  if (!certificate) return refused(Kind::certificate_refused, certificate.error().sentence());
  return std::move(*certificate);
}

/// The passphrase as OpenSSL wants it: with a NUL at its end. Nothing when there is one within.
std::optional<Secret> terminated(const Secret& passphrase) {
  Secret text(passphrase.size() + 1);
  for (std::size_t i = 0; i < passphrase.size(); ++i) {
    if (passphrase.reveal()[i] == 0) return std::nullopt;
    text.reveal_mutable()[i] = passphrase.reveal()[i];
  }
  return text;
}

}  // namespace

Result<Pkcs12, Pkcs12Error> Pkcs12::read(const Secret& octets, const Secret& passphrase, KeyLimits limits) {
  if (octets.size() > kFileOctets) return refused(Kind::too_long);
  const auto* at = octets.reveal().data();
  const X509Handle<PKCS12_st> file(d2i_PKCS12(nullptr, &at, static_cast<long>(octets.size())));
  crypto::forget_openssl_errors();
  if (!file || at != octets.reveal().data() + octets.size()) return refused(Kind::malformed);
  const auto text = terminated(passphrase);
  if (!text) return refused(Kind::passphrase_wrong);
  EVP_PKEY* key = nullptr;
  X509* own = nullptr;
  STACK_OF(X509)* others = nullptr;
  const bool opened = PKCS12_parse(file.get(), as_text(text->reveal()).data(), &key, &own, &others) == 1;
  const crypto::Handle<evp_pkey_st> key_owner(key);
  const X509Handle<x509_st> own_owner(own);
  const X509Handle<stack_st_X509> others_owner(others);
  bool wrong_passphrase = false;
  bool unsupported = false;
  while (const auto error = ERR_get_error()) {
    wrong_passphrase |= ERR_GET_LIB(error) == ERR_LIB_PKCS12 && ERR_GET_REASON(error) == PKCS12_R_MAC_VERIFY_FAILURE;
    unsupported |= ERR_GET_LIB(error) == ERR_LIB_EVP && ERR_GET_REASON(error) == ERR_R_UNSUPPORTED;
  }
  if (!opened) {
    if (wrong_passphrase) return refused(Kind::passphrase_wrong);
    return refused(unsupported ? Kind::encryption_unsupported : Kind::malformed);
  }
  Pkcs12 content;
  if (key != nullptr) {
    auto read = PrivateKey::of(key, limits);
    if (!read) return refused(Kind::key_refused, read.error().sentence());
    content.key = std::move(*read);
  }
  if (own != nullptr) {
    TRY(auto certificate, certificate_of(own, limits));
    content.certificates.push_back(std::move(certificate));
  }
  for (int i = 0; others != nullptr && i < sk_X509_num(others); ++i) {
    TRY(auto certificate, certificate_of(sk_X509_value(others, i), limits));
    content.certificates.push_back(std::move(certificate));
  }
  return content;
}

std::string Pkcs12Error::sentence() const {
  switch (kind) {
    case Kind::too_long: return "the file is longer than 1 MiB, which no PKCS#12 file for a daemon is";
    case Kind::malformed: return "it is not one PKCS#12 file in DER";
    case Kind::passphrase_wrong: return "the passphrase does not open the PKCS#12 file";
    case Kind::encryption_unsupported:
      return "the PKCS#12 file is encrypted with an algorithm that OpenSSL does not have; export it again with AES";
    case Kind::key_refused: return "the private key in the PKCS#12 file is refused: " + detail;
    case Kind::certificate_refused: return "a certificate in the PKCS#12 file is refused: " + detail;
  }
  return {};
}

}  // namespace keypact::pki
