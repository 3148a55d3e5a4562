#include "config/connection_reader.h"

#include <algorithm>

#include "config/address_grammar.h"
#include "config/child_reader.h"
#include "config/identity_grammar.h"
#include "config/placement_reader.h"
#include "config/proposal_reader.h"
#include "config/section_reader.h"
#include "config/suggestion.h"

namespace keypact::config {
namespace {

constexpr Word<Tristate> kFragmentation[] = {
    {"yes", Tristate::yes}, {"accept", Tristate::accept}, {"no", Tristate::no}, {"force", Tristate::force}};
constexpr Word<UniquePolicy> kUnique[] = {{"no", UniquePolicy::no},
                                          {"never", UniquePolicy::never},
                                          {"keep", UniquePolicy::keep},
                                          {"replace", UniquePolicy::replace}};

constexpr Word<Childless> kChildless[] = {{"allow", Childless::allow},
                                          {"prefer", Childless::prefer},
                                          {"force", Childless::force},
                                          {"never", Childless::never}};

struct AuthWord {
  std::string_view prefix;
  AuthKind kind;
};
constexpr AuthWord kAuthWords[] = {
    {"psk", AuthKind::psk},      {"pubkey", AuthKind::pubkey}, {"rsa", AuthKind::pubkey},
    {"ecdsa", AuthKind::pubkey}, {"eddsa", AuthKind::pubkey},  {"ed25519", AuthKind::pubkey},
    {"ed448", AuthKind::pubkey}, {"bliss", AuthKind::pubkey},  {"ike:", AuthKind::pubkey},
    {"eap", AuthKind::eap},      {"xauth", AuthKind::xauth},   {"null", AuthKind::null_auth},
};

bool starts_as(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && same_word(text.substr(0, prefix.size()), prefix);
}

/// "psk", "pubkey-sha256", "rsa/pss-sha384", "eap-tls:ecdsa", "ike:rsa" ...
std::optional<AuthKind> auth_kind(std::string_view text) {
  for (const auto& [prefix, kind] : kAuthWords) {
    if (!starts_as(text, prefix)) continue;
    const auto rest = text.substr(prefix.size());
    const bool exact_only = kind == AuthKind::psk || kind == AuthKind::null_auth;
    if (rest.empty() || (!exact_only && (rest.front() == '-' || rest.front() == '/' || prefix.back() == ':')))
      return kind;
  }
  return std::nullopt;
}

std::vector<AddressPattern> read_addresses(SectionReader& reader, std::string_view name) {
  std::vector<AddressPattern> addresses;
  if (const auto* setting = reader.given(name)) {
    for (const auto item : reader.items(*setting)) {
      auto parsed = parse_address_pattern(item);
      if (parsed) addresses.push_back(std::move(*parsed));
      else reader.wrong(*setting, parsed.error());
    }
  }
  if (addresses.empty()) addresses.emplace_back();
  return addresses;
}

class ConnectionReader {
 public:
  ConnectionReader(const SettingsSection& section, const std::string& path, Problems& problems)
      : reader_(section, path, rules::kConnection, problems), problems_(problems) {
    connection_.name = section.name;
  }
  Connection read();

 private:
  void read_version();
  void read_times();
  void read_options();
  void warn_of_local_names();
  void read_children();
  void read_rounds();
  AuthRound read_round(const SettingsSection& section, bool local);
  void read_auth(SectionReader& round, AuthRound& result);
  void read_identity(SectionReader& round, AuthRound& result, bool local);
  void check_certificates(SectionReader& round, bool local);
  void check_start();
  [[nodiscard]] bool needs_authentication() const;
  std::uint16_t port(std::string_view name, std::uint16_t fallback) {
    return static_cast<std::uint16_t>(reader_.number(name, 65535).value_or(fallback));
  }

  SectionReader reader_;
  Problems& problems_;
  Connection connection_;
};

void ConnectionReader::read_version() {
  const auto* setting = reader_.given("version");
  if (setting == nullptr) return;
  const auto version = parse_number(setting->text(), 2);
  if (!version) {
    reader_.wrong(*setting, {std::string(setting->text()), "expected 0 (any), 1 or 2"});
    return;
  }
  if (*version == 1) reader_.refuse(setting->value_at, reader_.path() + ".version = 1 (IKEv1)", "use version = 2");
  connection_.version = static_cast<int>(*version);
}

void ConnectionReader::read_times() {
  auto& c = connection_;
  c.dpd_delay = reader_.time("dpd_delay").value_or(c.dpd_delay);
  c.reauth_time = reader_.time("reauth_time").value_or(c.reauth_time);
  // With reauthentication, rekeying is off unless it is asked for.
  c.rekey_time = reader_.time("rekey_time").value_or(c.reauth_time != Duration{} ? Duration{} : c.rekey_time);
  c.over_time = reader_.time("over_time").value_or(std::max(c.rekey_time, c.reauth_time) / 10);
  c.rand_time = reader_.time("rand_time").value_or(c.over_time);
}

void ConnectionReader::read_options() {
  auto& c = connection_;
  c.local_addrs = read_addresses(reader_, "local_addrs");
  warn_of_local_names();
  c.remote_addrs = read_addresses(reader_, "remote_addrs");
  c.local_port = port("local_port", c.local_port);
  c.remote_port = port("remote_port", c.remote_port);
  auto proposals = read_ike_proposals(reader_);
  c.ike_proposals = std::move(proposals.offer);
  c.ike_acceptable = std::move(proposals.acceptable);
  if (const auto* dscp = reader_.given("dscp")) c.dscp = parse_dscp(dscp->text()).value_or(c.dscp);
  c.encap = reader_.boolean("encap").value_or(c.encap);
  c.mobike = reader_.boolean("mobike").value_or(c.mobike);
  c.fragmentation = reader_.word("fragmentation", kFragmentation).value_or(c.fragmentation);
  c.unique = reader_.word("unique", kUnique).value_or(c.unique);
  c.keyingtries = reader_.number("keyingtries", 0xffffffff);
  c.childless = reader_.word("childless", kChildless).value_or(c.childless);
}

void ConnectionReader::warn_of_local_names() {
  for (const auto& address : connection_.local_addrs) {
    if (address.kind != AddressPattern::Kind::name) continue;
    reader_.remark(
        *reader_.given("local_addrs"),
        {address.name, "the name " + printable(address.name) + " is read but has no effect yet in this version",
         "write the address, or leave local_addrs out for any address of this machine"});
  }
}

void ConnectionReader::read_children() {
  const auto interface_ids = read_interface_ids(reader_);
  const auto* children = reader_.section().section("children");
  if (children == nullptr) return;
  const SectionReader list(*children, reader_.path_of(*children), rules::kChildren, problems_);
  for (const auto& child : children->sections)
    connection_.children.push_back(read_child(child, list.path_of(child), interface_ids, problems_));
}

/// A connection that only lets traffic pass or drops it never meets a peer.
bool ConnectionReader::needs_authentication() const {
  const auto& children = connection_.children;
  return children.empty() ||
         std::ranges::any_of(children, [](const auto& child) { return child.action == PolicyAction::protect; });
}

void ConnectionReader::read_auth(SectionReader& round, AuthRound& result) {
  const auto* setting = round.given("auth");
  const std::string_view text = setting == nullptr ? std::string_view("pubkey") : setting->text();
  const auto kind = auth_kind(text);
  if (!kind) {
    round.wrong(*setting, {std::string(text), "expected psk, pubkey, eap or xauth, with what restricts it",
                           did_you_mean(text, {"psk", "pubkey", "eap", "xauth"})});
    return;
  }
  result.kind = *kind;
  if (*kind == AuthKind::psk || !needs_authentication()) return;
  if (setting == nullptr)
    round.section_error({round.path() + ".auth is not set, and its default pubkey is not available yet in this version",
                         "both sides of a tunnel authenticate themselves",
                         "set auth = psk, and the key in the section secrets"});
  else round.refuse(setting->value_at, round.path() + ".auth = " + printable(text), "use auth = psk");
}

void ConnectionReader::read_identity(SectionReader& round, AuthRound& result, bool local) {
  const auto* setting = round.given("id");
  if (setting == nullptr) return;
  auto identity = parse_identity(setting->text());
  if (!identity) {
    round.wrong(*setting, identity.error());
    return;
  }
  if (local && identity->is_wildcard())
    round.wrong(*setting, {std::string(setting->text()), "our own identity has no wildcards in it"});
  result.id = std::move(*identity);
}

void ConnectionReader::check_certificates(SectionReader& round, bool local) {
  for (const auto& inner : round.section().sections) {
    if (!rules::kLocal.has_section(inner.name)) continue;
    const auto path = round.path_of(inner);
    const SectionReader certificate(inner, path, rules::kCertificate, problems_);
    if (local) problems_.warning_once("cert", inner.at, {path + " is read but has no effect yet in this version"});
    else round.refuse(inner.at, path);
  }
}

AuthRound ConnectionReader::read_round(const SettingsSection& section, bool local) {
  SectionReader round(section, reader_.path_of(section), local ? rules::kLocal : rules::kRemote, problems_);
  AuthRound result;
  static_cast<void>(round.number("round", 0xffffffff));
  read_auth(round, result);
  read_identity(round, result, local);
  check_certificates(round, local);
  return result;
}

void ConnectionReader::read_rounds() {
  for (const auto& section : reader_.section().sections) {
    const bool local = starts_as(section.name, "local");
    if (!local && !starts_as(section.name, "remote")) continue;
    auto& rounds = local ? connection_.local : connection_.remote;
    if (rounds.size() == 1)
      reader_.refuse(section.at, reader_.path_of(section) + ": a second authentication round (RFC 4739)");
    rounds.push_back(read_round(section, local));
  }
  for (auto* rounds : {&connection_.local, &connection_.remote}) {
    if (!rounds->empty()) continue;
    const std::string name = rounds == &connection_.local ? "local" : "remote";
    rounds->emplace_back();
    if (needs_authentication())
      reader_.section_error({reader_.path() + " has no section " + name,
                             "its default is auth = pubkey, which is not available yet in this version",
                             "write " + name + " { auth = psk }"});
  }
}

/// To start a tunnel, somebody must be there to be called.
void ConnectionReader::check_start() {
  const bool callable = std::ranges::any_of(connection_.remote_addrs, [](const AddressPattern& address) {
    return address.kind == AddressPattern::Kind::name || address.is_single();
  });
  const auto starts = [](const ChildConfig& child) {
    return child.action == PolicyAction::protect && child.start_action != Action::none;
  };
  if (callable || std::ranges::none_of(connection_.children, starts)) return;
  const auto* remote = reader_.given("remote_addrs");
  problems_.warning(
      remote != nullptr ? remote->value_at : reader_.section().at,
      {reader_.path() + " has a start_action but nobody to call",
       "to initiate, remote_addrs must hold one address or name", "set remote_addrs, or start_action = none"});
}

Connection ConnectionReader::read() {
  read_version();
  read_options();
  read_times();
  read_children();
  read_rounds();
  check_start();
  return std::move(connection_);
}

}  // namespace

std::optional<Connection> read_connection(const SettingsSection& section, const std::string& path, Problems& problems) {
  const auto errors_before = problems.errors();
  auto connection = ConnectionReader(section, path, problems).read();
  if (problems.errors() != errors_before) return std::nullopt;
  return connection;
}

}  // namespace keypact::config
