#include "pki/peer_authentication.h"

#include <algorithm>

#include "base/check.h"
#include "pki/identity.h"
#include "pki/ipseckey.h"
#include "pki/path_rules.h"

namespace keypact::pki {
namespace {

/// Of certificates and keys of ours that fit a peer that sends none, whose signature is tried.
constexpr std::size_t kCandidates = 8;
/// Of OCSP responders (RFC 4806 §3.2), one for each certificate of a path.
constexpr std::size_t kSentResponses = 8;

bool contains(const std::vector<Certificate>& certificates, const Certificate& one) {
  return std::ranges::find(certificates, one) != certificates.end();
}

std::unexpected<Refusal> refused_certificate(const Certificate& certificate, std::string_view rule,
                                             std::string sentence) {
  return failure(Refusal{certificate.subject(), std::string(rule), std::move(sentence)});
}

/// What the configuration asks of the path beside its end: ca_id and cert_policy.
std::optional<Refusal> check_configured(std::span<const Certificate> path, const PeerRules& rules) {
  const auto& end_entity = path.front();
  const auto is_meant = [&](const Certificate& authority) {
    return rules.authority_id->matches({IdType::ID_DER_ASN1_DN, to_octets(authority.subject_der())}) ||
           std::ranges::any_of(authority.alternative_names(),
                               [&](const auto& name) { return rules.authority_id->matches(name); });
  };
  if (rules.authority_id && std::ranges::none_of(path.subspan(1), is_meant))
    return Refusal{end_entity.subject(), "configuration",
                   "no CA above it is \"" + rules.authority_id->to_string() + "\", which ca_id asks for"};
  for (const auto& policy : rules.policies)
    if (!is_of_policy(path, policy))
      return Refusal{end_entity.subject(), "configuration",
                     "it is not issued under the certificate policy " + policy + ", which cert_policy asks for"};
  return std::nullopt;
}

/// The path on which the rules trust the certificate; `sent` came with it.
Result<std::vector<Certificate>, Refusal> find_path(const Certificate& end_entity, std::span<const Certificate> sent,
                                                    const PeerRules& rules, std::int64_t now) {
  if (!rules.pinned.empty() && !contains(rules.pinned, end_entity))
    return refused_certificate(end_entity, "configuration",
                               "it is none of the certificates that the configuration has for the peer");
  const bool as_it_is = !rules.pinned.empty() || contains(rules.known, end_entity);
  if (as_it_is && !rules.anchored && !rules.authority_id && !end_entity.is_ca()) {
    const auto alone = std::span(&end_entity, 1);
    auto refusal = check_usages(alone, rules.constraints);
    if (!refusal) refusal = check_path(alone, now);
    if (!refusal) refusal = check_configured(alone, rules);
    if (refusal) return failure(std::move(*refusal));
    return std::vector{end_entity};
  }
  std::vector between(sent.begin(), sent.end());
  between.insert(between.end(), rules.known.begin(), rules.known.end());
  TRY(const auto path, validate(end_entity, between, rules.anchors, now, rules.constraints));
  const auto certificates = path.certificates();
  if (auto refusal = check_configured(certificates, rules)) return failure(std::move(*refusal));
  return std::vector(certificates.begin(), certificates.end());
}

}  // namespace

/// One claim under its rules: what costs least is asked first.
class PeerVerification {
 public:
  PeerVerification(const PeerClaim& claim, const PeerRules& rules, std::int64_t now, const Inquiry& inquiry,
                   const RevocationKnowledge& knowledge)
      : claim_(claim), rules_(rules), now_(now), inquiry_(inquiry), knowledge_(knowledge) {}

  Authentication run() {
    auto result = verify();
    Learned& learned = revocation_.learned;
    if (result) return {std::move(*result), std::move(learned)};
    if (!revocation_.wanted.empty()) return {WantedDocuments{std::move(revocation_.wanted)}, std::move(learned)};
    return {std::move(result.error()), std::move(learned)};
  }

 private:
  Result<AuthenticatedPeer, Refusal> verify() {
    TRY_VOID(read_auth());
    TRY_VOID(read_certificates());
    if (!sent_.empty() && !raw_key_) return by_certificate(sent_.front());
    if (rules_.dns_keys != DnsKeys::no && !is_pinned()) return by_dns();
    if (raw_key_) return by_raw_key(rules_.pinned_keys, "the configuration");
    return by_what_is_known();
  }

  [[nodiscard]] std::unexpected<Refusal> refused(std::string_view rule, std::string sentence) const {
    return failure(Refusal{claim_.identity.to_string(), std::string(rule), std::move(sentence)});
  }
  Result<void, Refusal> read_auth() {
    const auto auth = parse_auth_data(claim_.method, claim_.auth_data);
    if (!auth && auth.error() == SchemeError::method_without_signature)
      return refused("RFC 7296 §2.15", "a signature is wanted of it, and it authenticates itself by " +
                                           keypact::to_string(claim_.method));
    if (!auth) return refused("RFC 7427 §3", "its AUTH payload: " + std::string(sentence(auth.error())));
    if (!rules_.constraints.allows(*auth->scheme))
      return refused("configuration",
                     "it signs with " + std::string(auth->scheme->name) + ", which the configuration does not allow");
    scheme_ = auth->scheme;
    signature_ = auth->signature;
    return {};
  }

  /// RFC 7296 §3.6: the first one is that of the signature; those of other encodings are passed over.
  Result<void, Refusal> read_certificates() {
    for (const auto& sent : claim_.certificates) {
      if (sent.encoding == CertEncoding::RAW_PUBLIC_KEY && sent_.empty() && !raw_key_) {
        auto key = PublicKey::from_spki(sent.data);
        if (!key) return refused("RFC 7670 §3", "its raw public key: " + std::string(sentence(key.error())));
        raw_key_ = std::move(*key);
      }
      // One that is none says nothing.
      if (sent.encoding == CertEncoding::CERTIFICATE_REVOCATION_LIST)
        if (auto list = RevocationList::read(sent.data)) sent_lists_.push_back(std::move(*list));
      if (sent.encoding == CertEncoding::OCSP_CONTENT && sent_responses_.size() < kSentResponses)
        sent_responses_.push_back(sent.data);
      if (sent.encoding != CertEncoding::X509_CERTIFICATE_SIGNATURE) continue;
      auto certificate = Certificate::from_der(sent.data);
      if (certificate) sent_.push_back(std::move(*certificate));
      // One that may stand above is not needed for sure.
      else if (sent_.empty()) return refused("RFC 5280 §4.1", "its certificate: " + certificate.error().sentence());
    }
    const bool only_urls = sent_.empty() && std::ranges::any_of(claim_.certificates, [](const auto& sent) {
                             return sent.encoding == CertEncoding::HASH_AND_URL_X509_CERTIFICATE ||
                                    sent.encoding == CertEncoding::HASH_AND_URL_X509_BUNDLE;
                           });
    if (only_urls) return refused("RFC 7296 §3.6", "it sent the URL of its certificate, which we did not ask for");
    return {};
  }

  [[nodiscard]] bool made_signature(const PublicKey& key) const {
    return rules_.constraints.allows_key(key) && key.verify(*scheme_, claim_.signed_octets, signature_);
  }
  [[nodiscard]] bool is_pinned() const {
    return !rules_.pinned_keys.empty() &&
           (!raw_key_ || std::ranges::find(rules_.pinned_keys, *raw_key_) != rules_.pinned_keys.end());
  }

  /// `source`: who says that these are the peer's.
  Result<AuthenticatedPeer, Refusal> by_raw_key(std::span<const PublicKey> trusted, const std::string& source) {
    if (raw_key_ && std::ranges::find(trusted, *raw_key_) == trusted.end())
      return refused("RFC 7670 §5", "its raw public key is none that " + source + " has for it");
    const auto keys = raw_key_ ? std::span(&*raw_key_, 1) : trusted.first(std::min(trusted.size(), kCandidates));
    if (std::ranges::any_of(keys, [this](const auto& key) { return made_signature(key); }))
      return AuthenticatedPeer(claim_.identity, {}, *scheme_);
    return refused("RFC 7296 §2.15", "no public key that " + source + " has for it made its signature");
  }

  Result<AuthenticatedPeer, Refusal> by_dns() {
    // Nobody is asked about a key whose holder is not there.
    if (raw_key_ && !made_signature(*raw_key_))
      return refused("RFC 7296 §2.15", "the signature in AUTH is not by the raw public key that it sent");
    const auto name = ipseckey_name(claim_.identity);
    if (!name) return refused("RFC 4025 §1.2", "the DNS has keys for host names and addresses, and it is neither");
    const auto question = "IPSECKEY " + *name;
    const auto answer = inquiry_.documents.find(question);
    if (answer != inquiry_.documents.end()) return by_records(answer->second);
    if (!inquiry_.may_ask)
      return refused("configuration", "its key is in the DNS, which is not asked any more, or at all");
    const bool secure = rules_.dns_keys == DnsKeys::secure;
    revocation_.wanted.push_back({secure ? DocumentRequest::Kind::signed_keys : DocumentRequest::Kind::unsigned_keys,
                                  *name,
                                  {},
                                  true,
                                  question});
    return refused("RFC 4025 §1", "its key is asked for");
  }

  Result<AuthenticatedPeer, Refusal> by_records(const Document& document) {
    if (!document) return refused("RFC 4025 §4", document.error());
    std::vector<PublicKey> keys;
    for (const auto record : split_records(**document))
      if (auto key = key_of_ipseckey(record)) keys.push_back(std::move(*key));
    if (keys.empty()) return refused("RFC 4025 §2.4", "the DNS has no key for it that signatures are verified with");
    return by_raw_key(keys, "the DNS");
  }

  Result<AuthenticatedPeer, Refusal> by_certificate(const Certificate& end_entity) {
    if (!speaks_for(end_entity, claim_.identity))
      return refused_certificate(
          end_entity, "RFC 4945 §3.1",
          "it does not speak for \"" + claim_.identity.to_string() + "\", but for " + identities_text(end_entity));
    TRY(auto path, find_path(end_entity, sent_, rules_, now_));
    if (const auto verified = end_entity.public_key().verify(*scheme_, claim_.signed_octets, signature_); !verified)
      return refused_certificate(end_entity, "RFC 7296 §2.15",
                                 "the signature in AUTH is not by its key: " + std::string(sentence(verified.error())));
    // Last: nobody who is not authentic otherwise makes us ask anywhere (row C07).
    auto rules = rules_.revocation;
    rules.lists.insert(rules.lists.end(), sent_lists_.begin(), sent_lists_.end());
    rules.sent_responses = sent_responses_;
    revocation_ = check_revocation(path, rules, inquiry_, knowledge_, now_);
    if (revocation_.refusal) return failure(*revocation_.refusal);
    if (!revocation_.wanted.empty())
      return refused_certificate(end_entity, "RFC 5280 §6.3", "whether it is revoked is asked");
    return AuthenticatedPeer(claim_.identity, std::move(path), *scheme_);
  }

  /// RFC 7296 §1.2: certificates need not be sent to those who have them.
  Result<AuthenticatedPeer, Refusal> by_what_is_known() {
    std::optional<Refusal> first;
    std::size_t tried = 0;
    for (const auto* source : {&rules_.pinned, &rules_.known}) {
      for (const auto& certificate : *source) {
        if (!speaks_for(certificate, claim_.identity) || ++tried > kCandidates) continue;
        auto result = by_certificate(certificate);
        if (result || !revocation_.wanted.empty()) return result;
        if (!first) first = std::move(result.error());
      }
    }
    if (!rules_.pinned_keys.empty()) return by_raw_key(rules_.pinned_keys, "the configuration");
    if (first) return failure(std::move(*first));
    return refused("RFC 7296 §3.6", "it sent no certificate, and none that speaks for it is configured");
  }

  const PeerClaim& claim_;
  const PeerRules& rules_;
  std::int64_t now_;
  const Inquiry& inquiry_;
  const RevocationKnowledge& knowledge_;
  RevocationOutcome revocation_;
  const SignatureScheme* scheme_ = nullptr;
  OctetView signature_;
  std::vector<Certificate> sent_;
  std::vector<RevocationList> sent_lists_;
  std::vector<Octets> sent_responses_;
  std::optional<PublicKey> raw_key_;
};

Result<std::vector<Certificate>, Refusal> trust_certificate(std::span<const Certificate> sent, const PeerRules& rules,
                                                            std::int64_t now) {
  CHECK(!sent.empty());
  TRY(auto path, find_path(sent.front(), sent, rules, now));
  auto revocation = check_revocation(path, rules.revocation, Inquiry(), RevocationKnowledge(), now);
  if (revocation.refusal) return failure(std::move(*revocation.refusal));
  return path;
}

Authentication authenticate_peer(const PeerClaim& claim, const PeerRules& rules, std::int64_t now,
                                 const Inquiry& inquiry, const RevocationKnowledge& knowledge) {
  return PeerVerification(claim, rules, now, inquiry, knowledge).run();
}

Result<AuthenticatedPeer, Refusal> authenticate_peer(const PeerClaim& claim, const PeerRules& rules, std::int64_t now) {
  auto outcome = authenticate_peer(claim, rules, now, Inquiry(), RevocationKnowledge()).outcome;
  if (auto* peer = std::get_if<AuthenticatedPeer>(&outcome)) return std::move(*peer);
  return failure(std::move(std::get<Refusal>(outcome)));
}

}  // namespace keypact::pki
