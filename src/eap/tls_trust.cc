#include "eap/tls_trust.h"

#include <openssl/x509v3.h>

#include <algorithm>

#include "eap/tls_session.h"
#include "pki/identity.h"
#include "proto/distinguished_name.h"

namespace keypact::eap {
namespace {

bool is_named(const pki::Certificate& certificate, const IdentityPattern& pattern) {
  if (pattern.any || !pattern.is_wildcard()) return pattern.any || pki::speaks_for(certificate, pattern.identity);
  if (pattern.matches({IdType::ID_DER_ASN1_DN, to_octets(certificate.subject_der())})) return true;
  return std::ranges::any_of(certificate.alternative_names(), [&](const auto& name) { return pattern.matches(name); });
}

/// RFC 5216 §5.3: the certificate says what it is for, or nothing at all.
bool is_for(const pki::Certificate& certificate, bool client) {
  const auto purposes = X509_get_extended_key_usage(certificate.native());
  return purposes == UINT32_MAX || (purposes & (XKU_ANYEKU | (client ? XKU_SSL_CLIENT : XKU_SSL_SERVER))) != 0;
}

}  // namespace

Result<std::vector<pki::Certificate>, std::string> judge_certificates(std::span<const Octets> sent,
                                                                      const CertificateQuestion& question) {
  std::vector<pki::Certificate> certificates;
  for (const auto& der : sent) {
    auto certificate = pki::Certificate::from_der(der);
    if (certificate) certificates.push_back(std::move(*certificate));
    else if (certificates.empty()) return failure("it cannot be read: " + certificate.error().sentence());
  }
  if (certificates.empty()) return failure(std::string("there is none"));
  const auto& end_entity = certificates.front();
  auto path = pki::trust_certificate(certificates, question.settings.peer, question.now);
  if (!path) return failure(path.error().to_string());
  if (!is_for(end_entity, question.of_client))
    return failure("\"" + end_entity.subject() + "\": its extended key usage is not that of a " +
                   (question.of_client ? "client" : "server"));
  // Row F06: a certificate opens its own names only.
  if (!question.names.empty() &&
      std::ranges::none_of(question.names, [&](const auto& name) { return is_named(end_entity, name); }))
    return failure("it does not speak for \"" + question.names.front().to_string() + "\", but for " +
                   pki::identities_text(end_entity));
  return std::move(*path);
}

std::vector<IdentityPattern> names_meant(std::string_view identity) {
  std::vector<IdentityPattern> names;
  const auto add = [&](Identification one) { names.push_back(IdentityPattern::exactly(std::move(one))); };
  if (identity.find('@') != std::string_view::npos) add(Identification::email(identity));
  else add(Identification::fqdn(identity));
  // Row A18: octets that look like DER are compared as they are, and mean nothing when they are none.
  add({IdType::ID_DER_ASN1_DN, to_octets(identity)});
  if (auto name = name_from_text(identity)) add({IdType::ID_DER_ASN1_DN, std::move(*name)});
  return names;
}

bool is_anonymous(std::string_view identity) { return identity.empty() || identity.starts_with('@'); }

}  // namespace keypact::eap
