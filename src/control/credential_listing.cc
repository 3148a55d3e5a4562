#include "control/credential_listing.h"

#include <set>

#include "config/value_grammar.h"
#include "proto/distinguished_name.h"
#include "vici/request_grammar.h"

namespace keypact::control {

namespace {

/// The words of the request, or "any".
struct Wanted {
  std::string type = "any";
  std::string flag = "any";
  std::optional<Octets> subject;
  bool nothing = false;  ///< the subject is no distinguished name

  [[nodiscard]] bool takes(std::string_view a_type, std::string_view a_flag) const {
    return (type == "any" || type == a_type) && (flag == "any" || flag == a_flag);
  }
};

Wanted wanted_of(const vici::Message& request) {
  Wanted wanted;
  wanted.type = config::lower_case(request.value_or("type", "any"));
  wanted.flag = config::lower_case(request.value_or("flag", "any"));
  if (wanted.type == "x509ca" || wanted.type == "x509ocsp" || wanted.type == "x509aa") {
    wanted.flag = wanted.type.substr(4);
    wanted.type = "x509";
  }
  if (wanted.type == "x509crl") wanted.type = "x509_crl";
  if (const auto subject = vici::text_of(request, "subject")) {
    auto name = name_from_text(*subject);
    wanted.nothing = !name;
    if (name) wanted.subject = std::move(*name);
  }
  return wanted;
}

class CertificateEvents {
 public:
  CertificateEvents(Wanted wanted, const ike::Credentials& credentials)
      : wanted_(std::move(wanted)), credentials_(credentials) {}

  void add(const pki::PublicKey& key) {
    if (!wanted_.takes("pubkey", "none") || wanted_.subject || !seen_.insert(to_octets(key.spki())).second) return;
    put("PUBKEY", "NONE", key.spki(), key);
  }
  void add(std::span<const pki::Certificate> certificates, std::string_view flag) {
    for (const auto& certificate : certificates) {
      if (!wanted_.takes("x509", config::lower_case(flag))) continue;
      if (wanted_.subject && !name_matches(*wanted_.subject, certificate.subject_der())) continue;
      if (seen_.insert(to_octets(certificate.der())).second)
        put("X509", flag, certificate.der(), certificate.public_key());
    }
  }
  void add(std::span<const pki::RevocationList> lists) {
    for (const auto& list : lists) {
      // charon's clients take no longer message.
      constexpr std::size_t kListOctets = 500 * 1024;
      if (!wanted_.takes("x509_crl", "none") || list.size() > kListOctets) continue;
      if (wanted_.subject && !name_matches(*wanted_.subject, list.issuer_der())) continue;
      const auto der = list.der();
      if (!seen_.insert(der).second) continue;
      events.emplace_back().key("type", "X509_CRL").key("flag", "NONE").key("data", as_text(der));
    }
  }
  std::vector<vici::Message> events;

 private:
  void put(std::string_view type, std::string_view flag, OctetView data, const pki::PublicKey& key) {
    auto& event = events.emplace_back();
    event.key("type", type).key("flag", flag);
    if (credentials_.private_key(key.spki_sha1()) != nullptr) event.key("has_privkey", "yes");
    event.key("data", as_text(data));
  }

  Wanted wanted_;
  const ike::Credentials& credentials_;
  std::set<Octets> seen_;
};

}  // namespace

std::vector<vici::Message> certificate_events(const vici::Message& request, const config::Snapshot& configuration,
                                              const ike::Credentials& credentials,
                                              std::span<const pki::RevocationList> fetched) {
  auto wanted = wanted_of(request);
  if (wanted.nothing) return {};
  CertificateEvents all(std::move(wanted), credentials);
  const auto& store = credentials.store();
  std::vector<pki::Certificate> ends;
  auto authorities = store.authorities;
  const auto sort = [&](const std::vector<pki::Certificate>& certificates) {
    for (const auto& certificate : certificates) (certificate.is_ca() ? authorities : ends).push_back(certificate);
  };
  sort(store.certificates);
  for (const auto& connection : configuration.connections) {
    for (const auto* rounds : {&connection->local, &connection->remote}) {
      for (const auto& round : *rounds) {
        sort(credentials.certificates_in(round.certificates));
        sort(credentials.certificates_in(round.authorities));
      }
    }
  }
  for (const auto& key : store.public_keys) all.add(key);
  all.add(ends, "NONE");
  all.add(authorities, "CA");
  all.add(credentials.certificates_in(configuration.stored->ocsp_signers), "OCSP");
  all.add(store.revocation_lists);
  all.add(fetched);
  return std::move(all.events);
}

std::vector<vici::Message> authority_events(const vici::Message& request, const config::Snapshot& configuration,
                                            const ike::Credentials& credentials) {
  std::vector<vici::Message> events;
  const auto name = vici::text_of(request, "name");
  for (const auto& authority : configuration.stored->authority_sections) {
    if (name && *name != authority.name) continue;
    auto& section = events.emplace_back().section(authority.name);
    if (authority.certificate)
      for (const auto& certificate : credentials.certificates_in({*authority.certificate}))
        section.key("cacert", certificate.subject());
    section.list("crl_uris", authority.crl_uris).list("ocsp_uris", authority.ocsp_uris);
    if (!authority.cert_uri_base.empty()) section.key("cert_uri_base", authority.cert_uri_base);
  }
  return events;
}

}  // namespace keypact::control
