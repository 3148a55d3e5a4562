#include "pki/certificate.h"

#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "pki/x509_handles.h"
#include "pki/x509_values.h"
#include "proto/distinguished_name.h"

namespace keypact::pki {

struct Certificate::Impl {
  Impl(X509Handle<x509_st> parsed, PublicKey key) : x509(std::move(parsed)), public_key(std::move(key)) {}
  X509Handle<x509_st> x509;
  PublicKey public_key;
  Octets der;
  Octets subject_der;
  Octets issuer_der;
  std::string subject;
  std::string issuer;
  Octets serial;
  Octets subject_key_id;
  std::int64_t not_before = 0;
  std::int64_t not_after = 0;
  std::vector<Identification> alternative_names;
  bool ca = false;
  bool self_issued = false;
};

namespace {

constexpr std::size_t kTextOctets = 4 * 1024 * 1024;
constexpr std::size_t kCertificatesOfText = 1024;

using Kind = CertificateError::Kind;

std::unexpected<CertificateError> refused(Kind kind) { return failure(CertificateError{kind, {}}); }

/// A name of RFC 5280 §4.2.1.6 as IKE says it (RFC 4945 §3.1).
std::optional<Identification> identification_of(const GENERAL_NAME* name) {
  int type = 0;
  const void* const value = GENERAL_NAME_get0_value(name, &type);
  if (type == GEN_DIRNAME) {
    auto der = encoded(static_cast<const X509_NAME*>(value), i2d_X509_NAME);
    return Identification{IdType::ID_DER_ASN1_DN, std::move(der)};
  }
  if (type != GEN_DNS && type != GEN_EMAIL && type != GEN_IPADD) return std::nullopt;
  const auto octets = octets_of(static_cast<const ASN1_STRING*>(value));
  if (type == GEN_IPADD) {
    const auto address = IpAddress::from_octets(octets);
    return address ? std::optional(Identification::of(*address)) : std::nullopt;
  }
  if (octets.empty() || std::ranges::find(octets, 0) != octets.end()) return std::nullopt;
  return type == GEN_DNS ? Identification::fqdn(as_text(octets)) : Identification::email(as_text(octets));
}

std::vector<Identification> alternative_names_of(const X509* certificate) {
  const X509Handle<stack_st_GENERAL_NAME> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<Identification> identifications;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i)
    if (auto found = identification_of(sk_GENERAL_NAME_value(names.get(), i)))
      identifications.push_back(std::move(*found));
  return identifications;
}

/// OpenSSL's readers of extensions leave what follows the value unread.
bool octets_follow(const X509_EXTENSION* extension) {
  const auto octets = octets_of(X509_EXTENSION_get_data(const_cast<X509_EXTENSION*>(extension)));  // NOLINT: only read
  const auto* at = octets.data();
  long size = 0;
  int tag = 0;
  int tag_class = 0;
  const int result = ASN1_get_object(&at, &size, &tag, &tag_class, static_cast<long>(octets.size()));
  return (result & 0x80) != 0 || result == 0x21 || at + size != octets.data() + octets.size();
}

/// RFC 5280 §4.2: an extension does not stand twice, and is one value. No certificate has more than a few of them.
bool extensions_are_wrong(const X509* certificate) {
  constexpr int kExtensions = 128;
  if (X509_get_ext_count(certificate) > kExtensions) return true;
  for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
    const auto* const object = X509_EXTENSION_get_object(X509_get_ext(certificate, i));
    if (X509_get_ext_by_OBJ(certificate, object, i) >= 0) return true;
    if (X509_supported_extension(X509_get_ext(certificate, i)) != 0 && octets_follow(X509_get_ext(certificate, i)))
      return true;
  }
  return false;
}

Result<X509Handle<x509_st>, CertificateError> parse(OctetView der) {
  if (der.size() > kCertificateOctets) return refused(Kind::too_long);
  const auto* at = der.data();
  X509Handle<x509_st> x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  crypto::forget_openssl_errors();
  if (!x509) return refused(Kind::malformed);
  if (at != der.data() + der.size()) return refused(Kind::trailing_octets);
  if (!same_octets(encoded(x509.get(), i2d_X509), der)) return refused(Kind::malformed);
  X509_check_purpose(x509.get(), -1, 0);  // reads the extensions into the flags
  const bool extensions_good =
      (X509_get_extension_flags(x509.get()) & EXFLAG_INVALID) == 0 && !extensions_are_wrong(x509.get());
  crypto::forget_openssl_errors();
  if (!extensions_good) return refused(Kind::extension_malformed);
  return x509;
}

/// The blocks of the text, each given to `take` until it says false.
template <class Take>
void for_each_block(std::string_view text, Take take) {
  const X509Handle<bio_st> source(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* der = nullptr;
  long size = 0;
  bool more = true;
  while (more && PEM_read_bio(source.get(), &label, &header, &der, &size) == 1) {
    more = take(std::string_view(label), OctetView(der, static_cast<std::size_t>(size)));
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, static_cast<std::size_t>(size));  // the text may hold a private key too
  }
  crypto::forget_openssl_errors();
}

}  // namespace

Result<Certificate, CertificateError> Certificate::from_der(OctetView der, KeyLimits limits) {
  TRY(auto x509, parse(der));
  auto key = PublicKey::from_spki(encoded(X509_get_X509_PUBKEY(x509.get()), i2d_X509_PUBKEY), limits);
  if (!key) return failure(CertificateError{Kind::key_refused, key.error()});
  const auto from = seconds_of(X509_get0_notBefore(x509.get()));
  const auto until = seconds_of(X509_get0_notAfter(x509.get()));
  crypto::forget_openssl_errors();
  if (!from || !until) return refused(Kind::malformed);
  auto impl = std::make_shared<Impl>(std::move(x509), std::move(*key));
  const auto* const certificate = impl->x509.get();
  impl->der = to_octets(der);
  impl->subject_der = encoded(X509_get_subject_name(certificate), i2d_X509_NAME);
  impl->issuer_der = encoded(X509_get_issuer_name(certificate), i2d_X509_NAME);
  if (X509_NAME_entry_count(X509_get_subject_name(certificate)) > 0) impl->subject = name_to_text(impl->subject_der);
  impl->issuer = name_to_text(impl->issuer_der);
  impl->serial = to_octets(octets_of(X509_get0_serialNumber(certificate)));
  if (const auto* const id = X509_get0_subject_key_id(impl->x509.get()))
    impl->subject_key_id = to_octets(octets_of(id));
  impl->not_before = *from;
  impl->not_after = *until;
  impl->alternative_names = alternative_names_of(certificate);
  const auto flags = X509_get_extension_flags(impl->x509.get());
  impl->ca = (flags & EXFLAG_BCONS) != 0 && (flags & EXFLAG_CA) != 0;
  impl->self_issued = (flags & EXFLAG_SI) != 0;
  crypto::forget_openssl_errors();
  return Certificate(std::move(impl));
}

Result<std::vector<Certificate>, CertificateError> Certificate::from_pem(std::string_view text, KeyLimits limits) {
  if (text.size() > kTextOctets) return refused(Kind::too_long);
  std::vector<Certificate> certificates;
  std::optional<CertificateError> error;
  for_each_block(text, [&](std::string_view label, OctetView der) {
    if (label != "CERTIFICATE" && label != "X509 CERTIFICATE") return true;
    if (certificates.size() == kCertificatesOfText) error = CertificateError{Kind::too_many, {}};
    if (error) return false;
    auto certificate = from_der(der, limits);
    if (certificate) certificates.push_back(std::move(*certificate));
    else error = certificate.error();
    return !error;
  });
  if (error) return failure(*error);
  if (certificates.empty()) return refused(Kind::none_in_text);
  return certificates;
}

OctetView Certificate::der() const { return impl_->der; }
OctetView Certificate::subject_der() const { return impl_->subject_der; }
OctetView Certificate::issuer_der() const { return impl_->issuer_der; }
const std::string& Certificate::subject() const { return impl_->subject; }
const std::string& Certificate::issuer() const { return impl_->issuer; }
OctetView Certificate::serial() const { return impl_->serial; }
std::int64_t Certificate::not_before() const { return impl_->not_before; }
std::int64_t Certificate::not_after() const { return impl_->not_after; }
std::span<const Identification> Certificate::alternative_names() const { return impl_->alternative_names; }
const PublicKey& Certificate::public_key() const { return impl_->public_key; }
OctetView Certificate::subject_key_id() const { return impl_->subject_key_id; }
bool Certificate::is_ca() const { return impl_->ca; }
bool Certificate::is_self_issued() const { return impl_->self_issued; }
x509_st* Certificate::native() const { return impl_->x509.get(); }

std::string CertificateError::sentence() const {
  switch (kind) {
    case Kind::too_long: return "it is longer than any certificate that is taken here";
    case Kind::too_many: return "there are more than 1024 certificates in the text";
    case Kind::malformed: return "it is not one X.509 certificate in DER";
    case Kind::trailing_octets: return "octets follow the certificate";
    case Kind::extension_malformed: return "an extension of the certificate is malformed or stands twice";
    case Kind::key_refused: return std::string(pki::sentence(key.value_or(KeyError::malformed)));
    case Kind::none_in_text: return "there is no block CERTIFICATE in the text";
  }
  return {};
}

}  // namespace keypact::pki
