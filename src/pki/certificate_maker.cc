#include "pki/certificate_maker.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>

#include "pki/signing.h"
#include "pki/x509_handles.h"
#include "pki/x509_values.h"

namespace keypact::pki {
namespace {

constexpr std::size_t kSerialOctets = 20;  // RFC 5280 §4.1.2.2

struct Extension {
  const char* name;
  const char* value;
};

// RFC 5280 §4.2.1.9, §4.2.1.3: a CA with ends only below it.
constexpr std::array kOfAuthority = {Extension{"basicConstraints", "critical,CA:TRUE,pathlen:0"},
                                     Extension{"keyUsage", "critical,keyCertSign,cRLSign"}};
// RFC 4945 §5.1.3.12 has ipsecIKE beside the purposes that other programs ask for: Windows and Apple want serverAuth of a gateway,
// older ones of Apple iKEIntermediate (1.3.6.1.5.5.8.2.2).
constexpr std::array kOfServer = {Extension{"basicConstraints", "critical,CA:FALSE"},
                                  Extension{"extendedKeyUsage", "serverAuth,ipsecIKE,1.3.6.1.5.5.8.2.2"}};
constexpr std::array kOfClient = {Extension{"basicConstraints", "critical,CA:FALSE"},
                                  Extension{"extendedKeyUsage", "clientAuth,ipsecIKE"}};

// RFC 4945 §5.1.3.2 asks for digitalSignature; TLS with keys of RSA, and so NSS, for keyEncipherment too.
constexpr Extension kUsage = {"keyUsage", "critical,digitalSignature"};
constexpr Extension kUsageOfRsa = {"keyUsage", "critical,digitalSignature,keyEncipherment"};

std::span<const Extension> extensions_of(CertificateUse use) {
  switch (use) {
    case CertificateUse::authority: return kOfAuthority;
    case CertificateUse::server: return kOfServer;
    case CertificateUse::client: return kOfClient;
  }
  return {};
}

bool add(X509* certificate, X509* issuer, Extension extension) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  const X509Handle<X509_extension_st> made(X509V3_EXT_nconf(nullptr, &context, extension.name, extension.value));
  return made && X509_add_ext(certificate, made.get(), -1) == 1;
}

GENERAL_NAME* general_name(int type, OctetView octets) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_STRING* value = ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
  if (name == nullptr || value == nullptr ||
      ASN1_STRING_set(value, octets.data(), static_cast<int>(octets.size())) != 1) {
    GENERAL_NAME_free(name);
    ASN1_STRING_free(value);
    return nullptr;
  }
  GENERAL_NAME_set0_value(name, type, value);
  return name;
}

int general_type(IdType type) {
  switch (type) {
    case IdType::ID_FQDN: return GEN_DNS;
    case IdType::ID_RFC822_ADDR: return GEN_EMAIL;
    case IdType::ID_IPV4_ADDR:
    case IdType::ID_IPV6_ADDR: return GEN_IPADD;
    default: return -1;
  }
}

bool push(GENERAL_NAMES* names, int type, OctetView octets) {
  GENERAL_NAME* name = type < 0 ? nullptr : general_name(type, octets);
  if (name != nullptr && sk_GENERAL_NAME_push(names, name) > 0) return true;
  GENERAL_NAME_free(name);
  return false;
}

/// RFC 4945 §5.1.3.6: the names that an end says it has in ID payloads.
bool add_names(X509* certificate, std::span<const Identification> names) {
  if (names.empty()) return true;
  const X509Handle<stack_st_GENERAL_NAME> general(GENERAL_NAMES_new());
  for (const auto& name : names)
    if (!general || !push(general.get(), general_type(name.type), name.data)) return false;
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, general.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

bool add_crl_uri(X509* certificate, const std::string& uri) {
  if (uri.empty()) return true;
  const std::unique_ptr<CRL_DIST_POINTS, decltype(&CRL_DIST_POINTS_free)> points(CRL_DIST_POINTS_new(),
                                                                                 CRL_DIST_POINTS_free);
  DIST_POINT* point = DIST_POINT_new();
  if (!points || point == nullptr || sk_DIST_POINT_push(points.get(), point) <= 0) return false;
  point->distpoint = DIST_POINT_NAME_new();
  if (point->distpoint == nullptr) return false;
  point->distpoint->type = 0;
  point->distpoint->name.fullname = GENERAL_NAMES_new();
  return point->distpoint->name.fullname != nullptr && push(point->distpoint->name.fullname, GEN_URI, as_octets(uri)) &&
         X509_add1_ext_i2d(certificate, NID_crl_distribution_points, points.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

bool set_fields(X509* certificate, const CertificatePlan& plan, const PublicKey& key) {
  const auto subject = name_of_der(plan.subject);
  const auto serial = asn1_integer(plan.serial);
  const auto* at = key.spki().data();
  const crypto::Handle<evp_pkey_st> public_key(d2i_PUBKEY(nullptr, &at, static_cast<long>(key.spki().size())));
  return subject && serial && public_key && X509_set_version(certificate, X509_VERSION_3) == 1 &&
         X509_set_subject_name(certificate, subject.get()) == 1 &&
         X509_set_serialNumber(certificate, serial.get()) == 1 &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), plan.not_before) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), plan.not_after) != nullptr &&
         X509_set_pubkey(certificate, public_key.get()) == 1;
}

bool set_extensions(X509* certificate, X509* issuer, const CertificatePlan& plan, KeyType key) {
  for (const auto& extension : extensions_of(plan.use))
    if (!add(certificate, issuer, extension)) return false;
  if (plan.use != CertificateUse::authority && !add(certificate, issuer, key == KeyType::rsa ? kUsageOfRsa : kUsage))
    return false;
  return add(certificate, issuer, {"subjectKeyIdentifier", "hash"}) &&
         add(certificate, issuer, {"authorityKeyIdentifier", "keyid:always"}) && add_names(certificate, plan.names) &&
         add_crl_uri(certificate, plan.crl_uri);
}

Result<Certificate, MakingError> make(const CertificatePlan& plan, const PublicKey& subject_key,
                                      const Certificate* authority, const PrivateKey& key) {
  if (plan.serial.empty() || plan.serial.size() > kSerialOctets || plan.not_before > plan.not_after)
    return failure(MakingError{"its serial number or its dates are none that a certificate can have"});
  const X509Handle<x509_st> made(X509_new());
  auto* const issuer = authority != nullptr ? authority->native() : made.get();
  const bool signed_ = made && set_fields(made.get(), plan, subject_key) &&
                       X509_set_issuer_name(made.get(), X509_get_subject_name(issuer)) == 1 &&
                       set_extensions(made.get(), issuer, plan, subject_key.type()) &&
                       X509_sign(made.get(), key.native(), digest_for(key)) > 0;
  crypto::forget_openssl_errors();
  if (!signed_) return failure(MakingError{"OpenSSL did not make the certificate"});
  auto certificate = Certificate::from_der(encoded(made.get(), i2d_X509));
  if (!certificate) return failure(MakingError{certificate.error().sentence()});
  return std::move(*certificate);
}

}  // namespace

Result<Certificate, MakingError> make_root(const CertificatePlan& plan, const PrivateKey& key) {
  return make(plan, key.public_key(), nullptr, key);
}

Result<Certificate, MakingError> make_certificate(const CertificatePlan& plan, const PublicKey& subject_key,
                                                  const Certificate& authority, const PrivateKey& key) {
  return make(plan, subject_key, &authority, key);
}

CertificateUse use_of(const Certificate& certificate) {
  if (certificate.is_ca()) return CertificateUse::authority;
  const auto purposes = X509_get_extended_key_usage(certificate.native());
  return purposes != UINT32_MAX && (purposes & XKU_SSL_SERVER) != 0 ? CertificateUse::server : CertificateUse::client;
}

}  // namespace keypact::pki
