#include "config/connection_reader.h"

#include <algorithm>
#include <tuple>

#include "config/address_grammar.h"
#include "config/auth_round_reader.h"
#include "config/child_reader.h"
#include "config/identity_grammar.h"
#include "config/placement_reader.h"
#include "config/proposal_reader.h"
#include "config/section_reader.h"

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

constexpr Word<OcspPayloads> kOcsp[] = {{"never", OcspPayloads::never},
                                        {"reply", OcspPayloads::reply},
                                        {"request", OcspPayloads::request},
                                        {"both", OcspPayloads::both}};
constexpr Word<SendCert> kSendCert[] = {
    {"ifasked", SendCert::if_asked}, {"always", SendCert::always}, {"never", SendCert::never}};

/// More than anybody has, of one end.
constexpr std::size_t kRounds = 8;

bool starts_as(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && same_word(text.substr(0, prefix.size()), prefix);
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
  ConnectionReader(const SettingsSection& section, const std::string& path, Problems& problems, CredentialFiles& files)
      : reader_(section, path, rules::kConnection, problems), problems_(problems), files_(files) {
    connection_.name = section.name;
  }
  Connection read();

 private:
  void read_version();
  void read_times();
  void read_options();
  void read_ppk();
  void warn_of_local_names();
  void read_children();
  void read_rounds();
  void check_eap_among_rounds();
  void check_eap_at_both_ends();
  void check_null_among_rounds();
  void check_null_with_eap();
  void check_selectors_of_nobody();
  void check_start();
  [[nodiscard]] bool needs_authentication() const;
  std::uint16_t port(std::string_view name, std::uint16_t fallback) {
    return static_cast<std::uint16_t>(reader_.number(name, 65535).value_or(fallback));
  }

  SectionReader reader_;
  Problems& problems_;
  CredentialFiles& files_;
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
  c.send_cert = reader_.word("send_cert", kSendCert).value_or(c.send_cert);
  c.ocsp = reader_.word("ocsp", kOcsp).value_or(c.ocsp);
  c.send_certreq = reader_.boolean("send_certreq").value_or(c.send_certreq);
  if (const auto* vips = reader_.given("vips"))
    for (const auto item : reader_.items(*vips)) c.vips.push_back(IpAddress::parse(item).value_or(IpAddress()));
  if (const auto* pools = reader_.given("pools"))
    for (const auto item : reader_.items(*pools)) c.pools.emplace_back(item);
}

/// RFC 8784. One that is required and has no name could only be the peer's choice: as initiator there is none.
void ConnectionReader::read_ppk() {
  connection_.ppk_required = reader_.boolean("ppk_required").value_or(false);
  const auto* setting = reader_.given("ppk_id");
  if (setting == nullptr) return;
  auto id = parse_identity(setting->text());
  if (!id) return reader_.wrong(*setting, id.error());
  if (id->any || id->is_wildcard())
    return reader_.wrong(*setting, {std::string(setting->text()), "one PPK is named, without wildcards"});
  connection_.ppk_id = std::move(id->identity.data);
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

void ConnectionReader::read_rounds() {
  for (const auto& section : reader_.section().sections) {
    const bool local = starts_as(section.name, "local");
    if (!local && !starts_as(section.name, "remote")) continue;
    auto& rounds = local ? connection_.local : connection_.remote;
    if (rounds.size() == kRounds) {
      reader_.refuse(section.at, reader_.path_of(section) + ": more rounds of authentication than " +
                                     std::to_string(kRounds) + " at one end");
      return;
    }
    rounds.push_back(read_auth_round(section, reader_.path_of(section), local ? RoundOf::local : RoundOf::remote,
                                     needs_authentication(), problems_, files_));
  }
  for (auto* rounds : {&connection_.local, &connection_.remote}) {
    std::ranges::stable_sort(*rounds, {}, &AuthRound::order);
    if (!rounds->empty()) continue;
    rounds->emplace_back().auth_at = problems_.place(reader_.section().at);
  }
  check_eap_among_rounds();
  check_eap_at_both_ends();
  check_null_among_rounds();
  check_null_with_eap();
}

/// Nothing is gained by a round that shows nothing.
void ConnectionReader::check_null_among_rounds() {
  for (const auto* rounds : {&connection_.local, &connection_.remote}) {
    if (rounds->size() == 1 || std::ranges::find(*rounds, AuthKind::null_auth, &AuthRound::kind) == rounds->end())
      continue;
    reader_.refuse(reader_.section().at, reader_.path() + ": auth = null among several rounds (RFC 4739)",
                   "leave the section with auth = null out");
  }
}

/// RFC 7619 §2: an initiator that shows by EAP who it is must know whom it shows that.
void ConnectionReader::check_null_with_eap() {
  const auto& local = connection_.local.front();
  const auto& remote = connection_.remote.front();
  const auto both = [](const AuthRound& eap, const AuthRound& none) {
    return eap.kind == AuthKind::eap && none.kind == AuthKind::null_auth;
  };
  if (!both(local, remote) && !both(remote, local)) return;
  reader_.section_error({reader_.path() + " has EAP at one end and auth = null at the other",
                         "whoever uses EAP is to know whom he shows his password (RFC 7619 §2, RFC 7296 §2.16)",
                         "set auth = pubkey or psk for the gateway"});
}

/// RFC 7619 §2.5: anybody could take what is sent to an address that he names.
void ConnectionReader::check_selectors_of_nobody() {
  if (connection_.remote.front().kind != AuthKind::null_auth) return;
  const auto& addresses = connection_.remote_addrs;
  if (std::ranges::all_of(addresses, &AddressPattern::is_single)) return;
  for (const auto& child : connection_.children) {
    if (child.action != PolicyAction::protect || std::ranges::all_of(child.remote_ts, &SelectorPattern::dynamic))
      continue;
    reader_.section_error(
        {reader_.path() + ": anybody may say that he is behind remote_ts of child " + printable(child.name),
         "with auth = null and without a fixed address of the peer nothing tells who he is (RFC 7619 §2.5)",
         "leave remote_ts out, so that it is the peer's own address or one of pools; or set remote_addrs to "
         "the peer's address"});
  }
}

/// RFC 4739: while one end is in the middle of EAP, the other one's next round has no place of its own.
void ConnectionReader::check_eap_among_rounds() {
  const auto& [local, remote] = std::tie(connection_.local, connection_.remote);
  const auto has_eap = [](const auto& rounds) {
    return std::ranges::any_of(rounds, [](const auto& round) { return round.kind == AuthKind::eap; });
  };
  const bool crosses = (has_eap(local) && remote.size() > 1) || (has_eap(remote) && local.size() > 1);
  const bool both = has_eap(local) && has_eap(remote) && (local.size() > 1 || remote.size() > 1);
  if (!crosses && !both) return;
  reader_.refuse(reader_.section().at, reader_.path() + ": EAP at one end and several rounds at the other (RFC 4739)",
                 "give the end without EAP one section, with auth = pubkey or psk");
}

/// RFC 5998 §4: without AUTH of the gateway, the method has to prove both ends and to keep a password from being guessed.
void ConnectionReader::check_eap_at_both_ends() {
  const auto& local = connection_.local.front();
  const auto& remote = connection_.remote.front();
  if (local.kind != AuthKind::eap || remote.kind != AuthKind::eap) return;
  for (const auto* round : {&local, &remote}) {
    if (round->eap_types.empty() || std::ranges::any_of(round->eap_types, proves_both_ends)) continue;
    reader_.refuse(
        reader_.section().at,
        reader_.path() + ": EAP at both ends by a method that does not prove the gateway (RFC 5998 §4)",
        "set eap-tls, eap-ttls, eap-peap, eap-sim, eap-aka or eap-aka-prime, or auth = pubkey for the gateway: in "
        "remote at the client, in local at the gateway");
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
  read_ppk();
  read_times();
  read_children();
  read_rounds();
  check_selectors_of_nobody();
  check_start();
  return std::move(connection_);
}

}  // namespace

std::optional<Connection> read_connection(const SettingsSection& section, const std::string& path, Problems& problems,
                                          CredentialFiles& files) {
  const auto errors_before = problems.errors();
  auto connection = ConnectionReader(section, path, problems, files).read();
  if (problems.errors() != errors_before) return std::nullopt;
  return connection;
}

}  // namespace keypact::config
