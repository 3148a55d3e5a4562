#include "eap/tls_trust.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "eap/tls_session.h"
#include "pki/identity.h"
#include "proto/distinguished_name.h"

namespace keypact::eap {
namespace {

struct GeneralNamesFree {
  void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};

bool same_without_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_named(const pki::Certificate& certificate, const IdentityPattern& pattern) {
  // Users of Windows are called by their principal name, which is no name of IKE.
  if (!pattern.any && pattern.identity.type == IdType::ID_RFC822_ADDR)
    for (const auto& name : user_principal_names(certificate))
      if (same_without_case(name, as_text(pattern.identity.data))) return true;
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

std::vector<std::string> user_principal_names(const pki::Certificate& certificate) {
  constexpr std::size_t kNames = 16;
  std::vector<std::string> found;
  const std::unique_ptr<GENERAL_NAMES, GeneralNamesFree> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.native(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()) && found.size() < kNames; ++i) {
    ASN1_OBJECT* type = nullptr;
    ASN1_TYPE* value = nullptr;
    if (GENERAL_NAME_get0_otherName(sk_GENERAL_NAME_value(names.get(), i), &type, &value) != 1) continue;
    if (OBJ_obj2nid(type) != NID_ms_upn || value == nullptr || value->type != V_ASN1_UTF8STRING) continue;
    const OctetView octets(ASN1_STRING_get0_data(value->value.utf8string),
                           static_cast<std::size_t>(ASN1_STRING_length(value->value.utf8string)));
    // A NUL would end the name for whoever reads it later.
    if (!octets.empty() && std::ranges::find(octets, std::uint8_t{0}) == octets.end())
      found.emplace_back(as_text(octets));
  }
  return found;
}

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
