#include "config/setting_rules.h"

#include <algorithm>
#include <array>

#include "config/value_grammar.h"

namespace keypact::config {
namespace {

bool has_prefix(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() && same_word(name.substr(0, prefix.size()), prefix);
}

bool meets(std::string_view pattern, std::string_view name) {
  if (pattern == "#") return !name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos;
  if (pattern.ends_with('*')) return has_prefix(name, pattern.substr(0, pattern.size() - 1));
  return pattern == name;
}

using enum Form;
using enum Effect;

// A reader may take the meaning of a setting before the engine acts on it: then the rule has a form and the effect `none`, and
// becomes `full` with the feature.
constexpr auto kConnectionSettings = std::to_array<SettingRule>({
    {"version"},
    {"local_addrs", text, full, {}, {}, true},
    {"remote_addrs", text, full, {}, {}, true},
    {"local_port", number, none, "500|4500"},  // the ports of the daemon are those of its command line
    {"remote_port"},
    {"proposals", text, full, {}, {}, true},
    {"vips", address, full, {}, {}, true},
    {"aggressive", boolean, none, "no"},
    {"pull", boolean, none, "yes"},
    {"dscp", dscp},
    {"encap"},
    {"mobike"},
    {"dpd_delay"},
    {"dpd_timeout", time, none, "*"},  // IKEv1 only, by its definition
    {"fragmentation"},
    {"childless"},
    {"send_certreq"},
    {"send_cert"},
    {"ocsp"},
    {"ppk_id", identity},
    {"ppk_required"},
    {"keyingtries"},
    {"unique"},
    {"reauth_time"},
    {"rekey_time"},
    {"over_time"},
    {"rand_time"},
    {"pools", text, full, {}, {}, true},
    {"if_id_in"},
    {"if_id_out"},
    {"mediation", boolean, refused, "no"},
    {"mediated_by", text, refused},
    {"mediation_peer", identity, none},
});

constexpr auto kLocalSettings = std::to_array<SettingRule>({
    {"round"},
    {"auth"},
    {"id"},
    {"eap_id", identity},
    {"aaa_id", identity},
    {"xauth_id", identity, none},
    // Of a peer, by their definition.
    {"ca_id", identity, none},
    {"groups", text, none, {}, {}, true},
    {"cert_policy", text, none, {}, {}, true},
    {"certs", text, full, {}, {}, true},
    {"cacerts", text, full, {}, {}, true},
    {"pubkeys", text, full, {}, {}, true},
    {"revocation", words, none, "relaxed", "strict|ifuri|relaxed"},
});

// Whom to accept: what is not understood here must not be passed over.
constexpr auto kRemoteSettings = std::to_array<SettingRule>({
    {"round"},
    {"auth"},
    {"id"},
    {"eap_id", identity},
    {"aaa_id", identity, none},  // of us, by its definition
    {"xauth_id", identity, none},
    {"ca_id"},
    {"groups", text, refused, {}, {}, true},
    {"cert_policy", text, full, {}, {}, true},
    {"certs", text, full, {}, {}, true},
    {"cacerts", text, full, {}, {}, true},
    {"pubkeys", text, full, {}, {}, true},
    {"dns_keys", words, full, "no", "no|secure|insecure"},
    {"revocation", words, full, "relaxed", "strict|ifuri|relaxed"},
});

constexpr auto kCertificateSettings = std::to_array<SettingRule>({
    {"handle", hexadecimal, none, "*"},
    {"slot", number, none, "*"},
    {"module", text, none, "*"},
    {"file"},
});

constexpr auto kChildSettings = std::to_array<SettingRule>({
    {"ah_proposals", text, full, {}, {}, true},
    {"esp_proposals", text, full, {}, {}, true},
    {"sha256_96", boolean, refused, "no"},
    {"local_ts", text, full, {}, {}, true},
    {"remote_ts", text, full, {}, {}, true},
    {"rekey_time"},
    {"life_time"},
    {"rand_time"},
    {"rekey_bytes"},
    {"life_bytes"},
    {"rand_bytes"},
    {"rekey_packets"},
    {"life_packets"},
    {"rand_packets"},
    {"updown"},
    {"hostaccess"},
    // Other modes are refused where the mode is read.
    {"mode", words, none, "tunnel|transport|transport_proxy|beet|iptfs",
     "tunnel|transport|transport_proxy|beet|iptfs|pass|drop"},
    {"policies"},
    {"policies_fwd_out"},
    {"dpd_action"},
    {"ipcomp"},
    {"inactivity"},
    {"reqid"},
    {"priority"},
    {"interface"},
    {"mark_in"},
    {"mark_in_sa"},
    {"mark_out"},
    {"set_mark_in"},
    {"set_mark_out"},
    {"if_id_in"},
    {"if_id_out"},
    {"label", text, refused},
    {"label_mode", words, none, "*", "system|simple|selinux"},  // nothing without a label
    {"tfc_padding"},
    {"replay_window"},
    {"hw_offload"},
    {"per_cpu_sas", words, none, "no", "no|yes|encap"},
    {"copy_df"},
    {"copy_ecn"},
    {"copy_dscp"},
    {"icmp", boolean, none, "no"},
    {"start_action"},
    {"close_action"},
});

constexpr auto kIkeSecretSettings = std::to_array<SettingRule>({{"secret"}, {"id*"}});
constexpr auto kOtherSecretSettings = std::to_array<SettingRule>({{"secret"}, {"id*", identity, none, "*"}});
constexpr auto kPassphraseSettings = std::to_array<SettingRule>({{"file"}, {"secret"}});
constexpr auto kTokenSettings = std::to_array<SettingRule>({
    {"handle", hexadecimal, none, "*"},
    {"slot", number, none, "*"},
    {"module", text, none, "*"},
    {"pin", text, none, "*"},
});

constexpr auto kPoolSettings = std::to_array<SettingRule>({
    {"addrs", address_range},
    {"dns", address, full, {}, {}, true},
    {"nbns", address, full, {}, {}, true},
    {"dhcp", address, full, {}, {}, true},
    {"netmask", address, full, {}, {}, true},
    {"server", address, full, {}, {}, true},
    {"address", address, none, "*", {}, true},  // the client's own comes from addrs
    {"p_cscf", address, full, {}, {}, true},
    {"subnet", address_range, full, {}, {}, true},
    {"domain", text, full, {}, {}, true},         // ours: RFC 8598
    {"encrypted_dns", text, full, {}, {}, true},  // ours: RFC 9464
    // Of IKEv1 (Cisco Unity).
    {"split_include", address_range, none, "*", {}, true},
    {"split_exclude", address_range, none, "*", {}, true},
    {"unity_def_domain", text, none, "*", {}, true},
    {"#", text, full, {}, {}, true},
});

constexpr auto kAuthoritySettings = std::to_array<SettingRule>({
    {"cacert"},
    {"file"},
    {"handle", hexadecimal, none, "*"},
    {"slot", number, none, "*"},
    {"module", text, none, "*"},
    {"crl_uris", text, full, {}, {}, true},
    {"ocsp_uris", text, full, {}, {}, true},
    {"cert_uri_base", text, none},
});

constexpr auto kSharedKeyMessageSettings =
    std::to_array<SettingRule>({{"id"}, {"type"}, {"data"}, {"owners", text, full, {}, {}, true}});

// Ours, with the words of charon's eap-radius.servers.
constexpr auto kRadiusServerSettings = std::to_array<SettingRule>({
    {"address", address},
    {"auth_port"},
    {"secret"},
    {"nas_identifier"},
});

constexpr std::array<std::string_view, 5> kRootSections = {"connections", "secrets", "pools", "authorities", "radius"};
constexpr std::array<std::string_view, 3> kConnectionSections = {"children", "local*", "remote*"};
constexpr std::array<std::string_view, 2> kRoundSections = {"cert*", "cacert*"};
constexpr std::array<std::string_view, 1> kAnySection = {"*"};
constexpr std::array<std::string_view, 11> kSecretSections = {
    "eap*", "xauth*", "ntlm*", "ike*", "ppk*", "private*", "rsa*", "ecdsa*", "pkcs8*", "pkcs12*", "token*"};

}  // namespace

const SettingRule* SectionRules::setting(std::string_view name) const {
  const auto found = std::ranges::find_if(settings, [name](const auto& rule) { return meets(rule.name, name); });
  return found == settings.end() ? nullptr : &*found;
}

bool SectionRules::has_section(std::string_view name) const {
  return std::ranges::any_of(sections, [name](std::string_view pattern) { return meets(pattern, name); });
}

namespace rules {
const SectionRules kRoot{"the file", {}, kRootSections};
const SectionRules kConnections{"the list of connections", {}, kAnySection};
const SectionRules kConnection{"a connection", kConnectionSettings, kConnectionSections};
const SectionRules kLocal{"a local authentication round", kLocalSettings, kRoundSections};
const SectionRules kRemote{"a remote authentication round", kRemoteSettings, kRoundSections};
const SectionRules kCertificate{"a certificate", kCertificateSettings, {}};
const SectionRules kChildren{"the list of children", {}, kAnySection};
const SectionRules kChild{"a child", kChildSettings, {}};
const SectionRules kSecrets{"the list of secrets", {}, kSecretSections};
const SectionRules kIkeSecret{"a secret", kIkeSecretSettings, {}};
const SectionRules kOtherSecret{"a secret", kOtherSecretSettings, {}};
const SectionRules kKeyPassphrase{"a passphrase", kPassphraseSettings, {}};
const SectionRules kToken{"a token", kTokenSettings, {}};
const SectionRules kPools{"the list of pools", {}, kAnySection};
const SectionRules kPool{"a pool", kPoolSettings, {}};
const SectionRules kAuthorities{"the list of authorities", {}, kAnySection};
const SectionRules kAuthority{"an authority", kAuthoritySettings, {}};
const SectionRules kRadius{"the list of RADIUS servers", {}, kAnySection};
const SectionRules kRadiusServer{"a RADIUS server", kRadiusServerSettings, {}};
const SectionRules kSharedKeyMessage{"a shared key", kSharedKeyMessageSettings, {}};
}  // namespace rules

}  // namespace keypact::config
