#include "control/connection_section.h"

#include "control/algorithm_text.h"

namespace keypact::control {

namespace {

std::string text(const config::AddressPattern& pattern) {
  switch (pattern.kind) {
    case config::AddressPattern::Kind::any: return "%any";
    case config::AddressPattern::Kind::name: return pattern.name;
    case config::AddressPattern::Kind::range: break;
  }
  if (pattern.is_single()) return pattern.first.to_string();
  if (const auto prefix = prefix_from_range(pattern.first, pattern.last)) return prefix->to_string();
  return pattern.first.to_string() + "-" + pattern.last.to_string();
}

/// "dynamic", "dynamic[tcp/443]", or the selector.
std::string text(const config::SelectorPattern& pattern) {
  if (!pattern.dynamic) return pattern.selector.to_string();
  const auto selector = pattern.selector.to_string();
  const auto bracket = selector.find('[');
  return "dynamic" + (bracket == std::string::npos ? std::string() : selector.substr(bracket));
}

template <class Pattern>
vici::Section::List texts(const std::vector<Pattern>& patterns) {
  vici::Section::List list;
  for (const auto& pattern : patterns) list.push_back(text(pattern));
  return list;
}

std::string in_seconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

std::string_view text(config::AuthKind kind) {
  switch (kind) {
    case config::AuthKind::psk: return "pre-shared key";
    case config::AuthKind::pubkey: return "public key";
    case config::AuthKind::eap: return "EAP";
    case config::AuthKind::xauth: return "XAuth";
    case config::AuthKind::null_auth: return "any";
  }
  return "any";
}

std::string_view text(config::UniquePolicy policy) {
  switch (policy) {
    case config::UniquePolicy::never: return "UNIQUE_NEVER";
    case config::UniquePolicy::no: return "UNIQUE_NO";
    case config::UniquePolicy::keep: return "UNIQUE_KEEP";
    case config::UniquePolicy::replace: return "UNIQUE_REPLACE";
  }
  return "UNIQUE_NO";
}

std::string_view text(config::Action action) {
  switch (action) {
    case config::Action::none: return "none";
    case config::Action::trap: return "trap";
    case config::Action::start: return "start";
    case config::Action::trap_and_start: return "trap|start";
  }
  return "none";
}

std::string_view mode_of(const config::ChildConfig& child) {
  if (child.action == PolicyAction::bypass) return "PASS";
  if (child.action == PolicyAction::discard) return "DROP";
  return vici_name(child.mode);
}

vici::Section::List subjects(const std::vector<config::CredentialFile>& files, const ike::Credentials& credentials) {
  vici::Section::List list;
  for (const auto& certificate : credentials.certificates_in(files)) list.push_back(certificate.subject());
  return list;
}

/// Of ours, who its certificate makes us.
std::string identity_text(const config::AuthRound& round, bool is_local, const ike::Credentials& credentials) {
  if (is_local && round.id.any && round.kind == config::AuthKind::pubkey)
    if (const auto signer = credentials.signer_for(round, {})) return signer->identity.to_string();
  return round.id.to_string();
}

void write_rounds(vici::Section& section, std::string_view side, const std::vector<config::AuthRound>& rounds,
                  const ike::Credentials& credentials) {
  int number = 0;
  for (const auto& round : rounds) {
    auto& written = section.section(std::string(side) + "-" + std::to_string(++number));
    written.key("class", text(round.kind)).key("id", identity_text(round, side == "local", credentials));
    if (round.ca_id) written.key("ca_id", round.ca_id->to_string());
    if (!round.groups.empty()) written.list("groups", round.groups);
    if (!round.cert_policies.empty()) written.list("cert_policy", round.cert_policies);
    if (!round.certificates.empty()) written.list("certs", subjects(round.certificates, credentials));
    if (!round.authorities.empty()) written.list("cacerts", subjects(round.authorities, credentials));
  }
}

void write_child(vici::Section& section, const config::ChildConfig& child) {
  section.key("mode", mode_of(child)).key("rekey_time", in_seconds(child.rekey_time));
  section.key("rekey_bytes", std::to_string(child.octets.rekey))
      .key("rekey_packets", std::to_string(child.packets.rekey));
  section.key("dpd_action", text(child.dpd_action)).key("close_action", text(child.close_action));
  section.list("local-ts", texts(child.local_ts)).list("remote-ts", texts(child.remote_ts));
}

}  // namespace

void write_connection(vici::Section& section, const config::Connection& connection,
                      const ike::Credentials& credentials) {
  section.list("local_addrs", texts(connection.local_addrs)).list("remote_addrs", texts(connection.remote_addrs));
  section.key("local_port", std::to_string(connection.local_port))
      .key("remote_port", std::to_string(connection.remote_port));
  section.key("version", connection.version == 0 ? "IKEv1/2" : "IKEv" + std::to_string(connection.version));
  section.key("reauth_time", in_seconds(connection.reauth_time)).key("rekey_time", in_seconds(connection.rekey_time));
  section.key("unique", text(connection.unique));
  if (connection.ppk_id) section.key("ppk_id", Identification{IdType::ID_FQDN, *connection.ppk_id}.to_string());
  if (connection.ppk_required) section.key("ppk_required", "yes");
  if (connection.dpd_delay > Duration::zero()) section.key("dpd_delay", in_seconds(connection.dpd_delay));
  write_rounds(section, "local", connection.local, credentials);
  write_rounds(section, "remote", connection.remote, credentials);
  auto& children = section.section("children");
  for (const auto& child : connection.children) write_child(children.section(child.name), child);
}

}  // namespace keypact::control
