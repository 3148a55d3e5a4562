#include "pki/identity.h"

#include <openssl/x509.h>

#include <algorithm>

#include "pki/x509_values.h"
#include "proto/distinguished_name.h"

namespace keypact::pki {
namespace {

constexpr std::size_t kNamesTold = 16;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_text(OctetView a, OctetView b) {
  return std::ranges::equal(as_text(a), as_text(b), [](char x, char y) { return lower(x) == lower(y); });
}

bool same_identity(const Identification& a, const Identification& b) {
  if (a.type != b.type || a.data.empty()) return false;
  if (a.type == IdType::ID_DER_ASN1_DN) return same_name(a.data, b.data);
  const bool text = a.type == IdType::ID_FQDN || a.type == IdType::ID_RFC822_ADDR;
  return text ? same_text(a.data, b.data) : a.data == b.data;
}

}  // namespace

bool speaks_for(const Certificate& certificate, const Identification& identity) {
  const OctetView claimed(identity.data);
  if (identity.type == IdType::ID_KEY_ID && !claimed.empty())
    return same_octets(claimed, certificate.subject_key_id()) ||
           same_octets(claimed, certificate.public_key().key_id()) ||
           same_octets(claimed, certificate.public_key().spki_sha1());
  if (identity.type == IdType::ID_DER_ASN1_DN && same_name(claimed, certificate.subject_der())) return true;
  return std::ranges::any_of(certificate.alternative_names(),
                             [&](const auto& name) { return same_identity(name, identity); });
}

std::string issuer_common_name(const Certificate& certificate) {
  const X509_NAME* const issuer = X509_get_issuer_name(certificate.native());
  int last = -1;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(issuer, NID_commonName, at)) >= 0;) last = at;
  if (last < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(issuer, last)));
  return std::string(as_text(taken(text, size)));
}

std::string identities_text(const Certificate& certificate) {
  const auto names = certificate.alternative_names();
  auto text = certificate.subject();
  for (const auto& name : names.first(std::min(names.size(), kNamesTold)))
    text += (text.empty() ? "" : ", ") + name.to_string();
  if (names.size() > kNamesTold) text += " and " + std::to_string(names.size() - kNamesTold) + " more";
  return text;
}

}  // namespace keypact::pki
