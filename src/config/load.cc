#include "config/load.h"

#include <algorithm>

#include "config/auth_round_reader.h"
#include "config/connection_reader.h"
#include "config/pool_reader.h"
#include "config/radius_reader.h"
#include "config/secrets_reader.h"
#include "config/section_reader.h"
#include "config/settings_references.h"
#include "config/stored_credentials_reader.h"
#include "config/suggestion.h"

namespace keypact::config {
namespace {

constexpr std::size_t kKeyLooks = 1'000'000;

/// swanctl's folders are where its file is.
std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

/// The reading of one file with all it includes.
class Loading {
 public:
  Loading(FileSource& source, const std::string& path)
      : source_(source), path_(path), problems_(files_), credentials_(source, folder_of(path), problems_) {}
  Result<LoadedConfiguration, std::vector<Diagnostic>> run();

 private:
  void interpret(const RawSection& root);
  void read_connections(const SettingsSection& section);
  void read_stored(const SettingsSection* secrets, const SettingsSection* authorities);
  void read_pools(const SettingsSection& section);
  void check_root(const RawSection& root, const ReferenceResolver& resolver);
  void check_keys(const Connection& connection, const SourcePosition& at);
  void check_eap_passwords(const Connection& connection, const SourcePosition& at);
  void check_radius(const Connection& connection, const SourcePosition& at);
  void check_private_keys(const Connection& connection, const SourcePosition& at);

  FileSource& source_;
  const std::string& path_;
  SourceFiles files_;
  Problems problems_;
  CredentialFiles credentials_;
  Snapshot snapshot_;
  std::size_t key_looks_ = 0;
};

void Loading::read_connections(const SettingsSection& section) {
  const SectionReader list(section, "connections", rules::kConnections, problems_);
  for (const auto& inner : section.sections) {
    if (problems_.full()) return;
    auto connection = read_connection(inner, list.path_of(inner), problems_, credentials_);
    if (!connection) continue;
    check_keys(*connection, inner.at);
    check_eap_passwords(*connection, inner.at);
    check_radius(*connection, inner.at);
    check_private_keys(*connection, inner.at);
    snapshot_.connections.push_back(std::make_shared<Connection>(std::move(*connection)));
  }
}

/// A connection with a pre-shared key needs one. The key may still come over the control interface: so a warning, and not for
/// so many connections and keys that looking for it would take long.
void Loading::check_keys(const Connection& connection, const SourcePosition& at) {
  if ((key_looks_ += snapshot_.ike_secrets.size()) > kKeyLooks) return;
  const auto& local = connection.local.front();
  const auto& remote = connection.remote.front();
  const auto is_exact = [](const AuthRound& round) {
    return round.kind == AuthKind::psk && round.id.specificity() == 2;
  };
  if (!is_exact(local) || !is_exact(remote)) return;
  if (snapshot_.shared_key(local.id.identity, remote.id.identity) != nullptr) return;
  problems_.warning(
      at, {"connections." + printable(connection.name) + " has no pre-shared key for " + local.id.to_string() +
               " and " + remote.id.to_string(),
           "a key is for the identities that its section of secrets names, or for anybody when it names none",
           "add secrets { ike-" + printable(connection.name) + " { id-1 = ... secret = ... } }"});
}

/// EAP with a password needs one: of ours as the client, of anybody as the gateway. As with pre-shared keys it may still come.
void Loading::check_eap_passwords(const Connection& connection, const SourcePosition& at) {
  const auto without = [&](const AuthRound& round) {
    return round.kind == AuthKind::eap && !round.eap_types.empty() &&
           std::ranges::all_of(round.eap_types, wants_password);
  };
  const auto own_name = [](const AuthRound& local) {
    return local.eap_id && !local.eap_id->any ? *local.eap_id : local.id;
  };
  const auto client_lacks = std::ranges::find_if(connection.local, [&](const AuthRound& local) {
    const auto ours = own_name(local);
    return without(local) && !ours.any && !ours.is_wildcard() &&
           snapshot_.eap_secret(as_text(ours.identity.data)) == nullptr;
  });
  const bool is_client = client_lacks != connection.local.end();
  const bool gateway_lacks = std::ranges::any_of(connection.remote, without) && snapshot_.eap_secrets.empty();
  if (!is_client && !gateway_lacks) return;
  problems_.warning(
      at, {"connections." + printable(connection.name) + " has no password for EAP" +
               (is_client ? " of " + own_name(*client_lacks).to_string() : std::string()),
           "a password is for the identities that its section of secrets names, or for anybody when it names none",
           "add secrets { eap-" + printable(connection.name) + " { id = ... secret = ... } }"});
}

/// Nothing but the file names servers.
void Loading::check_radius(const Connection& connection, const SourcePosition& at) {
  if (std::ranges::none_of(connection.remote, &AuthRound::by_radius) || !snapshot_.radius_servers.empty()) return;
  problems_.error(
      at, {"connections." + printable(connection.name) + " has auth = eap-radius, and there is no RADIUS server",
           "the server authenticates the peer, and the gateway passes on what the two say",
           "add radius { NAME { address = ... secret = ... } }"});
}

/// A signature of ours needs a key of ours, or nobody ever gets in.
void Loading::check_private_keys(const Connection& connection, const SourcePosition& at) {
  const auto local = std::ranges::find(connection.local, AuthKind::pubkey, &AuthRound::kind);
  const auto& stored = *snapshot_.stored;
  const bool meets_peers =
      connection.children.empty() || std::ranges::any_of(connection.children, [](const ChildConfig& child) {
        return child.action == PolicyAction::protect;
      });
  if (local == connection.local.end() || !meets_peers) return;
  if (!stored.private_keys.empty() || !stored.containers.empty()) return;
  const auto path = "connections." + printable(connection.name);
  problems_.error(
      at, {path + " authenticates us with auth = " + printable(local->auth_words) + ", and there is no private key",
           "our signature is made with a private key, whose certificate or public key the peer trusts",
           "put the key into the folder private beside " + printable(path_) +
               (local->certificates.empty() ? ", and its certificate into x509" : "") +
               ", or set auth = psk in the section local"});
}

void Loading::read_stored(const SettingsSection* secrets, const SettingsSection* authorities) {
  auto stored = std::make_shared<StoredCredentials>(read_stored_credentials(secrets, problems_, credentials_));
  if (authorities != nullptr) {
    const SectionReader list(*authorities, "authorities", rules::kAuthorities, problems_);
    for (const auto& inner : authorities->sections) {
      if (problems_.full()) break;
      auto authority = read_authority(inner, list.path_of(inner), problems_, credentials_);
      if (authority) stored->authority_sections.push_back(std::move(*authority));
    }
  }
  snapshot_.stored = std::move(stored);
}

void Loading::read_pools(const SettingsSection& section) {
  const SectionReader list(section, "pools", rules::kPools, problems_);
  for (const auto& inner : section.sections) {
    if (problems_.full()) return;
    auto pool = read_pool(inner, list.path_of(inner), problems_);
    if (pool) snapshot_.pools.push_back(std::make_shared<Pool>(std::move(*pool)));
  }
}

/// Other sections of the root are there to be referred to. One that is not may be a slip of the pen.
void Loading::check_root(const RawSection& root, const ReferenceResolver& resolver) {
  static const std::vector<std::string_view> kKnown(rules::kRoot.sections.begin(), rules::kRoot.sections.end());
  for (const auto& setting : root.settings())
    problems_.error(setting.at,
                    {"unknown setting \"" + printable(setting.name) + "\" outside of all sections",
                     "the file consists of sections", did_you_mean(setting.name, kKnown)},
                    Masking::values);
  for (const auto& section : root.sections()) {
    if (rules::kRoot.has_section(section->name()) || resolver.is_referenced(section->name())) continue;
    const auto hint = did_you_mean(section->name(), kKnown);
    const std::string quoted = '"' + printable(section->name()) + '"';
    if (!hint.empty()) {
      problems_.error(section->at(),
                      {"unknown section " + quoted,
                       "the sections of the file are " + join_words(kKnown) + ", and those that others refer to", hint},
                      Masking::values);
    } else {
      problems_.warning(section->at(), {"section " + quoted + " has no effect", "no other section refers to it"},
                        Masking::values);
    }
  }
}

void Loading::interpret(const RawSection& root) {
  ReferenceResolver resolver(root, problems_);
  // Secrets first: the connections are checked against them.
  const auto secrets = resolver.resolve("secrets");
  const auto connections = resolver.resolve("connections");
  const auto pools = resolver.resolve("pools");
  const auto authorities = resolver.resolve("authorities");
  const auto radius = resolver.resolve("radius");
  check_root(root, resolver);
  if (secrets) {
    auto read = read_secrets(*secrets, problems_);
    snapshot_.ike_secrets = std::move(read.ike);
    snapshot_.eap_secrets = std::move(read.eap);
    snapshot_.ppks = std::move(read.ppks);
  }
  read_stored(secrets ? &*secrets : nullptr, authorities ? &*authorities : nullptr);
  if (radius) snapshot_.radius_servers = read_radius_servers(*radius, problems_);
  if (pools) read_pools(*pools);
  if (connections) read_connections(*connections);
}

Result<LoadedConfiguration, std::vector<Diagnostic>> Loading::run() {
  const auto root = parse_settings(source_, path_, files_, problems_);
  if (problems_.errors() == 0) interpret(*root);
  const bool failed = problems_.errors() != 0;
  auto diagnostics = problems_.take();
  if (failed) return failure(std::move(diagnostics));
  return LoadedConfiguration{std::make_shared<const Snapshot>(std::move(snapshot_)), std::move(diagnostics)};
}

}  // namespace

Result<LoadedConfiguration, std::vector<Diagnostic>> load(FileSource& source, const std::string& path) {
  return Loading(source, path).run();
}

}  // namespace keypact::config
