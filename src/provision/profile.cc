#include "provision/profile.h"

#include <algorithm>

#include "config/identity_grammar.h"
#include "config/suggestion.h"
#include "ike/core/credentials.h"
#include "pki/certificate_maker.h"
#include "pki/identity.h"
#include "pki/issuing.h"

namespace keypact::provision {
namespace {

using config::AuthKind;
using config::AuthRound;

constexpr std::uint8_t kEapTls = 13;
constexpr std::uint8_t kEapMschapv2 = 26;

/// What is asked of a connection for one client, step by step; each step refuses with what to change.
class ProfileMaker {
 public:
  ProfileMaker(const Client& client, const config::Snapshot& snapshot, const Request& request)
      : client_(client), snapshot_(snapshot), request_(request) {}

  Result<Profile> make(const std::string& name);

 private:
  Result<void> find_connection(const std::string& name);
  Result<void> find_child();
  Result<void> read_proofs();
  Result<void> read_gateway();
  Result<void> read_certificate(const ike::Credentials::Signer& signer, const ike::CredentialStore& store);
  Result<void> read_client();
  Result<void> read_shared_key();
  Result<void> read_networks();
  [[nodiscard]] Result<std::optional<Identification>> identity_sent() const;
  [[nodiscard]] std::unexpected<Error> refused(std::string why, std::string remedy) const {
    return failure(Error{"connection " + connection_->name + " has no profile for " + std::string(client_.name),
                         std::move(why), std::move(remedy)});
  }
  [[nodiscard]] bool can(Proof proof) const { return std::ranges::find(client_.proofs, proof) != client_.proofs.end(); }

  const Client& client_;
  const config::Snapshot& snapshot_;
  const Request& request_;
  std::shared_ptr<const config::Connection> connection_;
  const config::ChildConfig* child_ = nullptr;
  Profile profile_;
};

/// Empty or printable in one line: it becomes a part of scripts and markup.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

Result<void> check_request(const Request& request) {
  for (const auto* text : {&request.server, &request.identity, &request.title})
    if (!is_plain(*text)) return failure(Error{"a name has control characters in it", "nobody could type it", {}});
  const bool is_name = std::ranges::all_of(request.server, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == ':' || c == '_';
  });
  if (request.server.empty() || !is_name)
    return failure(Error{"\"" + request.server + "\" is no server", "clients connect to a DNS name or an address",
                         "Give it with --server, as vpn.example.org"});
  return {};
}

Result<void> ProfileMaker::find_connection(const std::string& name) {
  connection_ = snapshot_.connection(name);
  if (connection_) return {};
  std::vector<std::string_view> names;
  for (const auto& each : snapshot_.connections) names.push_back(each->name);
  return failure(Error{"there is no connection \"" + name + "\"", "the configuration names none",
                       config::did_you_mean(name, names)});
}

Result<void> ProfileMaker::find_child() {
  const auto& children = connection_->children;
  if (connection_->version == 1) return refused("it is for IKEv1 only", "Set version = 2, or leave it out");
  if (request_.child.empty() && children.size() != 1)
    return refused("it has " + std::to_string(children.size()) + " children, and a profile leads to one",
                   "Say which with --child");
  child_ = request_.child.empty() ? &children.front() : connection_->child(request_.child);
  if (child_ == nullptr) return refused("it has no child \"" + request_.child + "\"", {});
  if (child_->mode != Mode::tunnel || child_->action != PolicyAction::protect)
    return refused("its child " + child_->name + " is no tunnel", "Set mode = tunnel");
  if (connection_->pools.empty())
    return refused("such clients ask for an address inside the tunnel, and it gives none",
                   "Set pools, as in docs/addresses.md");
  return {};
}

std::optional<Proof> proof_of(const AuthRound& round) {
  const auto& types = round.eap_types;
  const auto allows = [&](std::uint8_t type) { return std::ranges::find(types, type) != types.end(); };
  switch (round.kind) {
    case AuthKind::pubkey: return Proof::certificate;
    case AuthKind::psk: return Proof::shared_key;
    case AuthKind::eap:
      if (types.empty() || allows(kEapMschapv2)) return Proof::password;
      if (allows(kEapTls)) return Proof::eap_tls;
      return std::nullopt;
    case AuthKind::xauth:
    case AuthKind::null_auth: return std::nullopt;
  }
  return std::nullopt;
}

std::string names_of(const std::vector<Proof>& proofs) {
  std::string text;
  for (const auto proof : proofs) text += (text.empty() ? "" : ", ") + std::string(name_of(proof));
  return text;
}

Result<void> ProfileMaker::read_proofs() {
  if (connection_->local.size() != 1 || connection_->remote.size() != 1)
    return refused("it has several rounds of authentication (RFC 4739), and the client has one",
                   "Leave one section local and one section remote");
  const auto gateway = proof_of(connection_->local.front());
  const bool shared = gateway == Proof::shared_key && client_.takes_shared_keys;
  if (gateway != Proof::certificate && !shared)
    return refused("the gateway has to show a certificate, or a shared key where the client takes one",
                   "Set auth = pubkey in the section local");
  const auto client = proof_of(connection_->remote.front());
  if (!client || !can(*client))
    return refused("the client shows who it is by: " + names_of(client_.proofs) + "; the gateway asks for " +
                       (client ? std::string(name_of(*client)) : "something else"),
                   "Set auth = eap-mschapv2 or auth = pubkey in the section remote");
  profile_.gateway_proof = *gateway;
  profile_.client_proof = *client;
  return {};
}

Result<void> ProfileMaker::read_certificate(const ike::Credentials::Signer& signer, const ike::CredentialStore& store) {
  if (signer.certificates.empty())
    return refused("the gateway shows a raw public key, which such clients do not know",
                   "Give it a certificate: keypact pki issue server " + request_.server);
  const auto& certificate = signer.certificates.front();
  const auto address = IpAddress::parse(request_.server);
  const auto name = address ? Identification::of(*address) : Identification::fqdn(request_.server);
  if (client_.wants_server_name && !pki::speaks_for(certificate, name))
    return refused("it wants the name that it connects to in the gateway's certificate, which is for " +
                       pki::identities_text(certificate) + " and not for " + request_.server,
                   "Give one of those with --server, or the gateway a certificate for this one");
  if (client_.wants_server_name && pki::use_of(certificate) != pki::CertificateUse::server)
    return refused("it wants serverAuth in extendedKeyUsage of the gateway's certificate, " + certificate.subject(),
                   "Give the gateway one that has it: keypact pki issue server " + request_.server);
  profile_.issuer_of_gateway = pki::issuer_common_name(certificate);
  profile_.authority = request_.authority;
  if (profile_.authority) return {};
  const auto issuers = pki::issuers_of(certificate, store.authorities);
  if (issuers.empty())
    return refused(
        "no certificate of a CA in x509ca of the gateway has issued its certificate, " + certificate.subject(),
        "Name the CA's with --ca");
  profile_.authority = issuers.back();
  return {};
}

Result<void> ProfileMaker::read_gateway() {
  const auto credentials = ike::Credentials::of(snapshot_);
  if (!credentials) return refused(config::one_line(credentials.error().front()), {});
  const auto& local = connection_->local.front();
  if (profile_.gateway_proof == Proof::certificate) {
    const auto signer = (*credentials)->signer_for(local, {});
    if (!signer) return refused(signer.error(), "Put its certificate and key to x509 and private of the gateway");
    profile_.gateway = signer->identity;
    TRY_VOID(read_certificate(*signer, (*credentials)->store()));
  } else {
    if (local.id.any) return refused("the gateway says of itself only its address", "Set id in the section local");
    profile_.gateway = local.id.identity;
  }
  if (profile_.gateway.type == IdType::ID_KEY_ID)
    return refused("the gateway's identity is a key identifier, which such clients do not know",
                   "Set id of the section local to a name in its certificate");
  return {};
}

/// Nothing: its address, which nobody knows beforehand.
Result<std::optional<Identification>> ProfileMaker::identity_sent() const {
  if (!client_.sends_its_identity) {
    if (profile_.client_proof != Proof::certificate || !request_.certificate) return std::optional<Identification>{};
    return Identification{IdType::ID_DER_ASN1_DN, to_octets(request_.certificate->subject_der())};
  }
  if (profile_.identity.empty()) return std::optional<Identification>{};
  const auto identity = config::parse_identity(profile_.identity);
  if (!identity || identity->any || identity->is_wildcard())
    return failure(Error{
        "\"" + profile_.identity + "\" is no identity", identity ? "it stands for several" : identity.error().why, {}});
  return identity->identity;
}

/// RFC 4945 §3.1: what speaks for a person first.
std::string identity_in(const pki::Certificate& certificate) {
  for (const auto type : {IdType::ID_RFC822_ADDR, IdType::ID_FQDN})
    for (const auto& name : certificate.alternative_names())
      if (name.type == type) return name.to_string();
  return certificate.subject();
}

Result<void> ProfileMaker::read_client() {
  const auto& remote = connection_->remote.front();
  const bool by_certificate = profile_.client_proof == Proof::certificate || profile_.client_proof == Proof::eap_tls;
  profile_.identity = request_.identity;
  if (profile_.identity.empty() && request_.certificate && by_certificate)
    profile_.identity = identity_in(*request_.certificate);
  if (!by_certificate && !request_.container.empty())
    return refused("its clients show " + std::string(name_of(profile_.client_proof)) + ", no certificate",
                   "Leave --p12 out");
  profile_.container = request_.container;
  profile_.certificate = request_.certificate;
  TRY(const auto sent, identity_sent());
  if (!sent && !remote.id.any)
    return refused("the gateway lets only " + remote.id.to_string() + " in, and the client says that it is its address",
                   client_.sends_its_identity
                       ? "Name the client with --identity, or set id = %any in the section remote"
                       : "Set id = %any in the section remote");
  if (sent && !remote.id.matches(*sent))
    return refused("the gateway lets " + remote.id.to_string() + " in, and the client is " + sent->to_string(),
                   client_.sends_its_identity ? "Name another with --identity, or set id = %any in the section remote"
                                              : "Set id = %any in the section remote");
  if (remote.kind == AuthKind::eap && !remote.eap_id && !sent)
    return refused("the gateway does not ask for the name inside of EAP, and the client says it nowhere else",
                   "Set eap_id = %any in the section remote");
  return {};
}

Result<void> ProfileMaker::read_shared_key() {
  if (profile_.client_proof != Proof::shared_key && profile_.gateway_proof != Proof::shared_key) return {};
  TRY(const auto sent, identity_sent());
  if (!sent) return refused("a shared key belongs to somebody", "Name the client with --identity");
  const auto key = snapshot_.shared_key(profile_.gateway, *sent);
  if (!key)
    return refused("there is no shared key of " + profile_.gateway.to_string() + " and " + sent->to_string(),
                   "Add a section ike-NAME with both to secrets");
  const auto octets = key->secret.reveal();
  if (!std::ranges::all_of(octets, [](std::uint8_t octet) { return octet >= 0x20 && octet < 0x7f; }))
    return refused("the shared key is no text, and in a profile it is", "Give this client a key of printable ASCII");
  profile_.shared_key = key->secret.clone();
  return {};
}

Result<void> ProfileMaker::read_networks() {
  for (const auto& pattern : child_->local_ts)
    if (!pattern.dynamic)
      std::ranges::move(prefixes_covering(pattern.selector.first, pattern.selector.last),
                        std::back_inserter(profile_.networks));
  if (profile_.networks.empty())
    return refused("child " + child_->name + " names no network behind the gateway",
                   "Set local_ts, 0.0.0.0/0 for all traffic");
  return {};
}

Result<Profile> ProfileMaker::make(const std::string& name) {
  TRY_VOID(check_request(request_));
  TRY_VOID(find_connection(name));
  TRY_VOID(find_child());
  TRY_VOID(read_proofs());
  auto algorithms = algorithms_for(client_.vocabulary, client_.name, *connection_, *child_);
  if (!algorithms) return refused(algorithms.error().what + ": " + algorithms.error().why, algorithms.error().remedy);
  profile_.algorithms = std::move(*algorithms);
  TRY_VOID(read_gateway());
  TRY_VOID(read_client());
  TRY_VOID(read_shared_key());
  TRY_VOID(read_networks());
  profile_.connection = name;
  profile_.title = request_.title.empty() ? name : request_.title;
  profile_.server = request_.server;
  profile_.mobike = connection_->mobike;
  return std::move(profile_);
}

}  // namespace

std::string_view name_of(Proof proof) {
  switch (proof) {
    case Proof::certificate: return "a certificate";
    case Proof::password: return "EAP-MSCHAPv2";
    case Proof::eap_tls: return "EAP-TLS";
    case Proof::shared_key: return "a shared key";
  }
  return {};
}

bool Profile::takes_everything() const {
  return std::ranges::any_of(networks, [](const Prefix& network) { return network.length == 0; });
}

Result<Profile> profile_for(const Client& client, const config::Snapshot& snapshot, const std::string& connection,
                            const Request& request) {
  return ProfileMaker(client, snapshot, request).make(connection);
}

}  // namespace keypact::provision
