#include "ike/core/credentials.h"

#include <algorithm>
#include <iterator>

#include "config/source_files.h"
#include "pki/identity.h"
#include "pki/issuing.h"
#include "pki/revocation_pointers.h"

namespace keypact::ike {
namespace {

using config::AuthRound;
using config::Severity;

constexpr std::size_t kAuthorities = 64;

/// A certificate of ours, and what goes along with it.
struct OwnCertificate {
  std::vector<pki::Certificate> sent;  ///< its own, then those of intermediate CAs
  std::vector<Octets> authorities;     ///< SHA-1 of the keys of all CAs above it
  std::optional<pki::Certificate> issuer{};
  std::shared_ptr<const pki::OwnStatusQuestion> status{};  ///< null: it says nowhere to ask
};

/// `with_it`: what stands in the same setting, as in a file with a whole chain.
OwnCertificate own_certificate(const pki::Certificate& certificate, std::span<const pki::Certificate> with_it,
                               const CredentialStore& store) {
  OwnCertificate own{{certificate}, {}};
  std::vector<pki::Certificate> known(with_it.begin(), with_it.end());
  known.insert(known.end(), store.authorities.begin(), store.authorities.end());
  known.insert(known.end(), store.certificates.begin(), store.certificates.end());
  for (auto& issuer : pki::issuers_of(certificate, known)) {
    if (!own.issuer) own.issuer = issuer;
    own.authorities.push_back(to_octets(issuer.public_key().spki_sha1()));
    if (!issuer.is_self_issued()) own.sent.push_back(std::move(issuer));
  }
  return own;
}

Identification subject_of(const pki::Certificate& certificate) {
  return {IdType::ID_DER_ASN1_DN, to_octets(certificate.subject_der())};
}

bool names_us(const pki::Certificate& certificate, const AuthRound& round) {
  return round.id.any || pki::speaks_for(certificate, round.id.identity);
}

std::string quoted(const std::string& name) { return '"' + name + '"'; }

pki::RevocationPolicy policy_of(config::Revocation revocation) {
  switch (revocation) {
    case config::Revocation::relaxed: return pki::RevocationPolicy::relaxed;
    case config::Revocation::ifuri: return pki::RevocationPolicy::ifuri;
    case config::Revocation::strict: break;
  }
  return pki::RevocationPolicy::strict;
}

pki::DnsKeys policy_of(config::DnsKeys keys) {
  switch (keys) {
    case config::DnsKeys::secure: return pki::DnsKeys::secure;
    case config::DnsKeys::insecure: return pki::DnsKeys::insecure;
    case config::DnsKeys::no: break;
  }
  return pki::DnsKeys::no;
}

/// What a round asks of paths, beside its files.
std::string path_key(const AuthRound& round) {
  auto key = std::to_string(static_cast<int>(round.revocation)) + std::to_string(static_cast<int>(round.dns_keys));
  if (round.ca_id) key += " under " + round.ca_id->to_string() + '\n';
  for (const auto& policy : round.cert_policies) key += ' ' + policy;
  return key;
}

/// Two rounds of the same text and files have the same.
std::string rules_key(const AuthRound& round) {
  std::string key = round.auth_words + ' ' + path_key(round);
  for (const auto* files : {&round.certificates, &round.authorities, &round.public_keys}) {
    key += '\n';
    for (const auto& file : *files)
      key.append(std::to_string(file.view().size())).append(":").append(as_text(file.view()));
  }
  return key;
}

/// Cheaper than rules_key(): the octets by where they lie, which a round keeps.
std::string round_key(const AuthRound& round, bool is_local) {
  std::string key =
      (is_local ? "local " : "remote ") + round.auth_words + ' ' + (is_local ? round.id.to_string() : path_key(round));
  for (const auto* files : {&round.certificates, &round.authorities, &round.public_keys}) {
    key += '\n';
    for (const auto& file : *files) key += std::to_string(reinterpret_cast<std::uintptr_t>(file.octets.get())) + ' ';
  }
  return key;
}

bool meets_peers(const config::Connection& connection) {
  return connection.children.empty() || std::ranges::any_of(connection.children, [](const auto& child) {
           return child.action == PolicyAction::protect;
         });
}

}  // namespace

/// What one round came to. Which of the two parts is used depends on whose round it is.
struct Credentials::Round {
  std::vector<OwnCertificate> certificates;  ///< of ours, each with a private key
  std::vector<pki::PublicKey> keys;          ///< raw ones of ours, each with a private key
  std::string nobody;                        ///< why there is none of both
  std::shared_ptr<const pki::PeerRules> rules = std::make_shared<const pki::PeerRules>();
  std::vector<config::Diagnostic> warnings;  ///< without the name of the connection
  AuthRound of;                              ///< with the octets by which it is known
};

class Credentials::RoundReader {
 public:
  RoundReader(const CredentialStore& store, ParsedFiles& files, Rules& rules)
      : store_(store), files_(files), rules_(rules) {}

  [[nodiscard]] std::shared_ptr<Round> local(const AuthRound& round);
  [[nodiscard]] std::shared_ptr<Round> remote(const AuthRound& round);
  /// What makes a configuration with these rounds one that is refused.
  std::vector<config::Diagnostic> errors;

 private:
  [[nodiscard]] pki::AuthConstraints constraints(const AuthRound& round);
  [[nodiscard]] std::vector<pki::Certificate> certificates(const std::vector<config::CredentialFile>& files);
  [[nodiscard]] std::vector<pki::PublicKey> public_keys(const std::vector<config::CredentialFile>& files);
  [[nodiscard]] pki::TrustAnchors anchors(const AuthRound& round);
  /// Where the configuration says that one may ask about revocation.
  [[nodiscard]] std::vector<pki::AuthorityUris> places();
  [[nodiscard]] std::vector<pki::Certificate> ocsp_signers();
  [[nodiscard]] std::shared_ptr<const pki::OwnStatusQuestion> question_about(const OwnCertificate& own);
  void offer(Round& into, const AuthRound& round, const pki::AuthConstraints& constraints,
             const pki::Certificate& certificate, std::span<const pki::Certificate> with_it = {});
  void error(const config::CredentialFile& file, const std::string& why, std::string remedy) {
    errors.push_back(
        about(file.at, Severity::error, config::printable(file.name) + " cannot be used", why, std::move(remedy)));
  }

  const CredentialStore& store_;
  ParsedFiles& files_;
  Rules& rules_;
};

pki::AuthConstraints Credentials::RoundReader::constraints(const AuthRound& round) {
  auto parsed = pki::AuthConstraints::parse(round.auth_words);
  if (parsed) return std::move(*parsed);
  errors.push_back(about(
      round.auth_at, Severity::error,
      "auth = " + config::printable(round.auth_words) + ": bad word " + quoted(config::printable(parsed.error().word)),
      parsed.error().why, "for instance pubkey, rsa-3072-sha256, ecdsa-384, ed25519, ike:pubkey-sha512"));
  return {};
}

std::vector<pki::Certificate> Credentials::RoundReader::certificates(const std::vector<config::CredentialFile>& files) {
  std::vector<pki::Certificate> all;
  for (const auto& file : files) {
    const auto& read = files_.certificates(file);
    if (read) all.insert(all.end(), read->begin(), read->end());
    else error(file, read.error(), "a certificate is in PEM or in DER");
  }
  return all;
}

std::vector<pki::PublicKey> Credentials::RoundReader::public_keys(const std::vector<config::CredentialFile>& files) {
  std::vector<pki::PublicKey> all;
  for (const auto& file : files) {
    const auto& read = files_.public_key(file);
    if (read) all.push_back(*read);
    else error(file, read.error(), "a raw public key is SubjectPublicKeyInfo in PEM or DER");
  }
  return all;
}

void Credentials::RoundReader::offer(Round& into, const AuthRound& round, const pki::AuthConstraints& constraints,
                                     const pki::Certificate& certificate, std::span<const pki::Certificate> with_it) {
  const auto& key = certificate.public_key();
  if (store_.private_key(key.spki_sha1()) == nullptr) {
    if (into.nobody.empty()) into.nobody = "there is no private key for " + quoted(certificate.subject());
  } else if (!constraints.allows_key(key)) {
    into.nobody = "auth = " + round.auth_words + " does not allow the key of " + quoted(certificate.subject());
  } else {
    auto own = own_certificate(certificate, with_it, store_);
    own.status = question_about(own);
    into.certificates.push_back(std::move(own));
  }
}

std::shared_ptr<Credentials::Round> Credentials::RoundReader::local(const AuthRound& round) {
  auto result = std::make_shared<Round>();
  const auto allowed = constraints(round);
  const auto own = certificates(round.certificates);
  for (const auto& certificate : own) {
    if (certificate.is_ca() && own.size() > 1) continue;  // it stands above another one
    offer(*result, round, allowed, certificate, own);
    if (!names_us(certificate, round))
      result->warnings.push_back(
          about(round.auth_at, Severity::warning,
                "the certificate " + quoted(certificate.subject()) + " does not name us as " + round.id.to_string(),
                "a peer takes an identity that the subject or a subjectAltName says",
                "leave id out, or set it to a name that is in the certificate"));
  }
  for (const auto& key : public_keys(round.public_keys)) {
    if (store_.private_key(key.spki_sha1()) != nullptr && allowed.allows_key(key)) result->keys.push_back(key);
    else if (result->nobody.empty()) result->nobody = "there is no private key for the public key of pubkeys";
  }
  if (!round.certificates.empty() || !round.public_keys.empty()) return result;
  for (const auto* list : {&store_.certificates, &store_.authorities})
    for (const auto& certificate : *list)
      if (store_.private_key(certificate.public_key().spki_sha1()) != nullptr && names_us(certificate, round))
        offer(*result, round, allowed, certificate);
  if (!result->certificates.empty() || !result->nobody.empty()) return result;
  result->nobody = round.id.any ? "no certificate has a private key"
                                : "no certificate with a private key names us as " + round.id.to_string();
  return result;
}

pki::TrustAnchors Credentials::RoundReader::anchors(const AuthRound& round) {
  std::vector<pki::Certificate> all;
  for (const auto& file : round.authorities) {
    for (const auto& certificate : certificates({file})) {
      if (certificate.is_ca()) all.push_back(certificate);
      else
        error(file, quoted(certificate.subject()) + " is no CA: its basicConstraints do not say so (RFC 5280 §4.2.1.9)",
              "name the certificate of a peer in certs");
    }
  }
  auto made = pki::TrustAnchors::of(round.authorities.empty() ? store_.authorities : std::move(all));
  return made ? std::move(*made) : pki::TrustAnchors();
}

std::vector<pki::AuthorityUris> Credentials::RoundReader::places() {
  std::vector<pki::AuthorityUris> all;
  for (const auto& section : store_.source->authority_sections) {
    if (!section.certificate || (section.crl_uris.empty() && section.ocsp_uris.empty())) continue;
    // What cannot be read was told of when the store was made.
    if (const auto& read = files_.certificates(*section.certificate))
      for (const auto& certificate : *read) all.push_back({certificate, section.crl_uris, section.ocsp_uris});
  }
  return all;
}

std::vector<pki::Certificate> Credentials::RoundReader::ocsp_signers() {
  std::vector<pki::Certificate> all;
  for (const auto& file : store_.source->ocsp_signers)
    if (const auto& read = files_.certificates(file)) all.insert(all.end(), read->begin(), read->end());
  return all;
}

std::shared_ptr<const pki::OwnStatusQuestion> Credentials::RoundReader::question_about(const OwnCertificate& own) {
  if (!own.issuer) return nullptr;
  pki::OwnStatusQuestion question{
      own.sent.front(), *own.issuer, {}, pki::revocation_pointers(own.sent.front()).ocsp, {}};
  for (const auto& place : places())
    if (place.authority == *own.issuer)
      question.configured.insert(question.configured.end(), place.ocsp.begin(), place.ocsp.end());
  if (question.configured.empty() && question.named.empty()) return nullptr;
  question.signers = ocsp_signers();
  return std::make_shared<const pki::OwnStatusQuestion>(std::move(question));
}

std::shared_ptr<Credentials::Round> Credentials::RoundReader::remote(const AuthRound& round) {
  auto result = std::make_shared<Round>();
  auto key = std::make_shared<const std::string>(rules_key(round));
  if (const auto known = rules_.find(key); known != rules_.end()) {
    result->rules = known->second;
  } else {
    const auto errors_before = errors.size();
    auto made = std::make_shared<pki::PeerRules>();
    made->constraints = constraints(round);
    made->anchors = anchors(round);
    made->anchored = !round.authorities.empty();
    made->authority_id = round.ca_id;
    made->policies = round.cert_policies;
    made->revocation = {policy_of(round.revocation), store_.revocation_lists, places(), ocsp_signers(), {}};
    made->pinned = certificates(round.certificates);
    made->pinned_keys = public_keys(round.public_keys);
    made->dns_keys = policy_of(round.dns_keys);
    // CAs first: they complete paths, and only so many are looked at.
    made->known = store_.authorities;
    for (const bool ca : {true, false})
      std::ranges::copy_if(store_.certificates, std::back_inserter(made->known),
                           [ca](const auto& certificate) { return certificate.is_ca() == ca; });
    result->rules = made;
    if (errors.size() == errors_before) rules_.emplace(std::move(key), std::move(made));
  }
  const auto& rules = *result->rules;
  const bool knows_peers = !rules.anchored && std::ranges::any_of(store_.certificates, [&](const auto& certificate) {
    return !certificate.is_ca() && store_.private_key(certificate.public_key().spki_sha1()) == nullptr;
  });
  if (rules.anchors.certificates().empty() && rules.pinned.empty() && rules.pinned_keys.empty() &&
      rules.dns_keys == pki::DnsKeys::no && !knows_peers)
    result->warnings.push_back(about(round.auth_at, Severity::warning, "no certificate of a peer can be accepted here",
                                     "there is no certificate of a CA in x509ca, and the section remote names none",
                                     "put the CA of the peer into x509ca, or its own certificate into certs"));
  return result;
}

Credentials::Credentials() : store_(make_store(std::make_shared<const config::StoredCredentials>(), nullptr)) {}

void Credentials::read_rounds(const config::Connection& connection, const Rounds* known, RoundReader& reader) {
  const auto read = [&](const AuthRound& round, bool is_local) {
    if (round.kind != config::AuthKind::pubkey) return;
    auto key = round_key(round, is_local);
    if (rounds_.contains(key)) return;
    if (known != nullptr)
      if (const auto found = known->find(key); found != known->end()) {
        rounds_.emplace(std::move(key), found->second);
        return;
      }
    auto made = is_local ? reader.local(round) : reader.remote(round);
    made->of = round;
    if (is_local && made->certificates.empty() && made->keys.empty())
      made->warnings.push_back(about(round.auth_at, Severity::warning, "nothing signs for us: " + made->nobody,
                                     "a signature is made with the private key of one of our certificates",
                                     "put the certificate into x509 and its key into private"));
    rounds_.emplace(std::move(key), std::move(made));
  };
  for (const auto& round : connection.local) read(round, true);
  for (const auto& round : connection.remote) read(round, false);
}

Result<std::shared_ptr<const Credentials>, std::vector<config::Diagnostic>> Credentials::of(
    const config::Snapshot& snapshot, const Credentials* before) {
  auto made = std::make_shared<Credentials>();
  const bool same_store = before != nullptr && before->store_->source == snapshot.stored;
  if (same_store) made->store_ = before->store_;
  else made->store_ = make_store(snapshot.stored, before == nullptr ? nullptr : before->store_.get());
  if (same_store) made->rules_ = before->rules_;
  made->files_ = ParsedFiles(before == nullptr ? nullptr : &before->files_);
  made->warnings_ = made->store_->warnings;
  RoundReader reader(*made->store_, made->files_, made->rules_);
  for (const auto& connection : snapshot.connections) {
    made->read_rounds(*connection, same_store ? &before->rounds_ : nullptr, reader);
    std::ranges::move(made->warnings_of(*connection), std::back_inserter(made->warnings_));
  }
  made->files_.filled();
  if (reader.errors.empty()) return made;
  reader.errors.insert(reader.errors.end(), made->warnings_.begin(), made->warnings_.end());
  return failure(std::move(reader.errors));
}

Result<std::shared_ptr<const Credentials>, std::vector<config::Diagnostic>> Credentials::with(
    const config::Connection& connection) const {
  auto made = std::make_shared<Credentials>(*this);
  made->files_ = ParsedFiles(&files_);
  RoundReader reader(*store_, made->files_, made->rules_);
  made->read_rounds(connection, nullptr, reader);
  made->files_.filled();
  if (!reader.errors.empty()) return failure(std::move(reader.errors));
  return made;
}

std::shared_ptr<const Credentials::Round> Credentials::round(const AuthRound& round, bool is_local) const {
  if (const auto known = rounds_.find(round_key(round, is_local)); known != rounds_.end()) return known->second;
  // Of a connection that is no longer, or not yet, in the configuration: an SA may still have it.
  ParsedFiles files(&files_);
  Rules rules = rules_;
  RoundReader reader(*store_, files, rules);
  auto made = is_local ? reader.local(round) : reader.remote(round);
  if (!reader.errors.empty()) return std::make_shared<const Round>();
  return made;
}

Result<Credentials::Signer, std::string> Credentials::signer_for(const AuthRound& local,
                                                                 std::span<const Octets> asked_for) const {
  const auto found = round(local, true);
  const auto under_asked = [&](const OwnCertificate& own) {
    return std::ranges::any_of(own.authorities, [&](const Octets& authority) {
      return std::ranges::find(asked_for, authority) != asked_for.end();
    });
  };
  const auto& own = found->certificates;
  auto chosen = std::ranges::find_if(own, under_asked);
  if (chosen == own.end()) chosen = own.begin();
  if (chosen != own.end()) {
    const auto& certificate = chosen->sent.front();
    auto identity = local.id.any ? subject_of(certificate) : local.id.identity;
    return Signer{std::move(identity), certificate.public_key(), chosen->sent, chosen->status};
  }
  if (!found->keys.empty()) {
    const auto& key = found->keys.front();
    auto identity = local.id.any ? Identification::key_id(key.spki_sha1()) : local.id.identity;
    return Signer{std::move(identity), key, {}};
  }
  return failure(found->nobody.empty() ? std::string("its certificates cannot be read") : found->nobody);
}

std::shared_ptr<const pki::PeerRules> Credentials::rules_for(const AuthRound& remote) const {
  return round(remote, false)->rules;
}

std::vector<Octets> Credentials::authority_key_hashes(const AuthRound& remote) const {
  std::vector<Octets> hashes;
  const auto rules = rules_for(remote);
  for (const auto& authority : rules->anchors.certificates()) {
    auto hash = to_octets(authority.public_key().spki_sha1());
    if (std::ranges::find(hashes, hash) == hashes.end()) hashes.push_back(std::move(hash));
    if (hashes.size() == kAuthorities) break;
  }
  return hashes;
}

std::vector<config::Diagnostic> Credentials::warnings_of(const config::Connection& connection) const {
  std::vector<config::Diagnostic> found;
  if (!meets_peers(connection)) return found;
  const auto add = [&](const AuthRound& round, bool is_local) {
    const auto known = rounds_.find(round_key(round, is_local));
    if (known == rounds_.end()) return;
    for (auto warning : known->second->warnings) {
      warning.what = "connections." + config::printable(connection.name) + ": " + warning.what;
      warning.file = round.auth_at.file;
      warning.line = round.auth_at.line;
      warning.column = round.auth_at.column;
      found.push_back(std::move(warning));
    }
  };
  for (const auto& round : connection.local) add(round, true);
  for (const auto& round : connection.remote) add(round, false);
  return found;
}

std::vector<pki::Certificate> Credentials::certificates_in(const std::vector<config::CredentialFile>& files) const {
  std::vector<pki::Certificate> all;
  ParsedFiles parsed(&files_);
  for (const auto& file : files)
    if (const auto& read = parsed.certificates(file)) all.insert(all.end(), read->begin(), read->end());
  return all;
}

const pki::PrivateKey* Credentials::private_key(OctetView spki_sha1) const { return store_->private_key(spki_sha1); }

}  // namespace keypact::ike
