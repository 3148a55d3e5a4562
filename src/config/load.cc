#include "config/load.h"

#include "config/connection_reader.h"
#include "config/secrets_reader.h"
#include "config/section_reader.h"
#include "config/settings_references.h"
#include "config/suggestion.h"

namespace keypact::config {
namespace {

constexpr std::size_t kKeyLooks = 1'000'000;

/// The reading of one file with all it includes.
class Loading {
 public:
  explicit Loading(FileSource& source) : source_(source), problems_(files_) {}
  Result<LoadedConfiguration, std::vector<Diagnostic>> run(const std::string& path);

 private:
  void interpret(const RawSection& root);
  void read_connections(const SettingsSection& section);
  void check_without_effect(const SettingsSection& section, const SectionRules& list, const SectionRules& entry);
  void check_root(const RawSection& root, const ReferenceResolver& resolver);
  void check_keys(const Connection& connection, const SourcePosition& at);

  FileSource& source_;
  SourceFiles files_;
  Problems problems_;
  Snapshot snapshot_;
  std::size_t key_looks_ = 0;
};

void Loading::read_connections(const SettingsSection& section) {
  const SectionReader list(section, "connections", rules::kConnections, problems_);
  for (const auto& inner : section.sections) {
    if (problems_.full()) return;
    auto connection = read_connection(inner, list.path_of(inner), problems_);
    if (!connection) continue;
    check_keys(*connection, inner.at);
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

/// Sections whose feature is not there yet: their grammar is checked all the same.
void Loading::check_without_effect(const SettingsSection& section, const SectionRules& list,
                                   const SectionRules& entry) {
  const SectionReader reader(section, section.name, list, problems_);
  for (const auto& inner : section.sections) {
    if (problems_.full()) return;
    const SectionReader check(inner, reader.path_of(inner), entry, problems_);
    problems_.warning_once(section.name, inner.at, {check.path() + " is read but has no effect yet in this version"});
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
  check_root(root, resolver);
  if (secrets) snapshot_.ike_secrets = read_secrets(*secrets, problems_);
  if (connections) read_connections(*connections);
  if (pools) check_without_effect(*pools, rules::kPools, rules::kPool);
  if (authorities) check_without_effect(*authorities, rules::kAuthorities, rules::kAuthority);
}

Result<LoadedConfiguration, std::vector<Diagnostic>> Loading::run(const std::string& path) {
  const auto root = parse_settings(source_, path, files_, problems_);
  if (problems_.errors() == 0) interpret(*root);
  const bool failed = problems_.errors() != 0;
  auto diagnostics = problems_.take();
  if (failed) return failure(std::move(diagnostics));
  return LoadedConfiguration{std::make_shared<const Snapshot>(std::move(snapshot_)), std::move(diagnostics)};
}

}  // namespace

Result<LoadedConfiguration, std::vector<Diagnostic>> load(FileSource& source, const std::string& path) {
  return Loading(source).run(path);
}

}  // namespace keypact::config
