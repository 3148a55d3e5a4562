#include "config/auth_round_reader.h"

#include <algorithm>

#include "config/identity_grammar.h"
#include "config/suggestion.h"

namespace keypact::config {
namespace {

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

constexpr Word<Revocation> kRevocation[] = {
    {"strict", Revocation::strict}, {"ifuri", Revocation::ifuri}, {"relaxed", Revocation::relaxed}};

constexpr Word<DnsKeys> kDnsKeys[] = {
    {"no", DnsKeys::no}, {"secure", DnsKeys::secure}, {"insecure", DnsKeys::insecure}};

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

struct EapWord {
  std::string_view word;
  std::uint8_t type;
  bool proves_both_ends = true;  ///< RFC 5998 §4
};
/// What follows "eap-". IANA's registry of EAP method types.
constexpr EapWord kEapWords[] = {{"md5", 4, false}, {"gtc", 6, false}, {"tls", 13},  {"sim", 18},
                                 {"ttls", 21},      {"aka", 23},       {"peap", 25}, {"mschapv2", 26, false},
                                 {"aka-prime", 50}};

class AuthRoundReader {
 public:
  AuthRoundReader(const SettingsSection& section, const std::string& path, RoundOf side, Problems& problems,
                  CredentialFiles& files)
      : reader_(section, path, side == RoundOf::local ? rules::kLocal : rules::kRemote, problems),
        local_(side == RoundOf::local),
        problems_(problems),
        files_(files) {}
  AuthRound read(bool authenticates);

 private:
  void read_method(bool authenticates);
  void read_eap_method(const Setting& setting);
  void read_identity();
  void read_eap_identities();
  void read_authority_identity();
  void read_certificates();
  void read_certificate_section(const SettingsSection& section);
  void read_dns_keys();
  void read_constraints();

  SectionReader reader_;
  bool local_;
  Problems& problems_;
  CredentialFiles& files_;
  AuthRound round_;
};

void AuthRoundReader::read_method(bool authenticates) {
  const auto* setting = reader_.given("auth");
  round_.auth_at = problems_.place(setting == nullptr ? reader_.section().at : setting->value_at);
  if (setting == nullptr) return;
  const auto text = setting->text();
  const auto kind = auth_kind(text);
  if (!kind) {
    reader_.wrong(*setting, {std::string(text), "expected psk, pubkey, eap, xauth or null, with what restricts it",
                             did_you_mean(text, {"psk", "pubkey", "eap", "xauth", "null"})});
    return;
  }
  round_.kind = *kind;
  if (*kind == AuthKind::pubkey) round_.auth_words = std::string(text);
  else if (*kind == AuthKind::eap) read_eap_method(*setting);
  else if (*kind == AuthKind::xauth && authenticates)
    reader_.refuse(setting->value_at, reader_.path() + ".auth = " + printable(text), "use auth = pubkey, psk or eap");
}

/// "eap", "eap-mschapv2", "eap-26", "eap-tls:rsa-3072-sha256".
void AuthRoundReader::read_eap_method(const Setting& setting) {
  auto text = setting.text();
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    round_.auth_words = std::string(text.substr(colon + 1));
    text = text.substr(0, colon);
  }
  if (same_word(text, "eap") || same_word(text, "eap-dynamic")) return;
  if (same_word(text, "eap-radius")) {
    round_.by_radius = true;
    if (local_)
      reader_.wrong(setting,
                    {std::string(text), "a gateway asks a RADIUS server; what a client proves itself by is a method",
                     "set auth = eap-radius in the section remote of the gateway, and a method here: eap-mschapv2"});
    return;
  }
  const auto name = text.substr(std::min(text.size(), std::string_view("eap-").size()));
  const auto* known = std::ranges::find_if(kEapWords, [&](const EapWord& each) { return same_word(each.word, name); });
  const auto number = parse_number(name, 255);
  if (known != std::end(kEapWords)) {
    round_.eap_types = {known->type};
  } else if (number && std::ranges::find(kEapWords, *number, &EapWord::type) != std::end(kEapWords)) {
    round_.eap_types = {static_cast<std::uint8_t>(*number)};
  } else {
    reader_.refuse(setting.value_at, reader_.path() + ".auth = " + printable(text),
                   "the methods are eap-mschapv2, eap-tls, eap-ttls, eap-peap, eap-md5, eap-gtc, eap-sim, eap-aka, "
                   "eap-aka-prime, and eap-radius for those of a RADIUS server");
  }
}

void AuthRoundReader::read_eap_identities() {
  const auto read = [&](std::string_view name, std::optional<IdentityPattern>& into) {
    const auto* setting = reader_.given(name);
    if (setting == nullptr) return;
    auto identity = parse_identity(setting->text());
    if (identity) into = std::move(*identity);
    else reader_.wrong(*setting, identity.error());
  };
  read("eap_id", round_.eap_id);
  if (local_) read("aaa_id", round_.aaa_id);
}

void AuthRoundReader::read_identity() {
  const auto* setting = reader_.given("id");
  if (setting == nullptr) return;
  auto identity = parse_identity(setting->text());
  if (!identity) {
    reader_.wrong(*setting, identity.error());
    return;
  }
  if (!local_ && round_.kind == AuthKind::null_auth && !identity->any)
    reader_.wrong(*setting,
                  {std::string(setting->text()),
                   "nobody shows who he is by auth = null, and what he calls himself says nothing (RFC 7619 §2.2)",
                   "leave id out, or ask for a proof: auth = pubkey, psk or eap"});
  if (local_ && identity->is_wildcard())
    reader_.wrong(*setting, {std::string(setting->text()), "our own identity has no wildcards in it"});
  round_.id = std::move(*identity);
}

void AuthRoundReader::read_authority_identity() {
  const auto* setting = reader_.given("ca_id");
  if (setting == nullptr) return;
  auto identity = parse_identity(setting->text());
  if (identity) round_.ca_id = std::move(*identity);
  else reader_.wrong(*setting, identity.error());
}

/// cert<suffix> and cacert<suffix>: exactly one of a file and an object on a token.
void AuthRoundReader::read_certificate_section(const SettingsSection& section) {
  const auto path = reader_.path_of(section);
  SectionReader certificate(section, path, rules::kCertificate, problems_);
  const bool is_authority = starts_as(section.name, "cacert");
  const auto* file = certificate.given("file");
  if (const auto* handle = certificate.given("handle")) {
    certificate.refuse(handle->at, path + ".handle: a certificate on a token", "name its file with file = ...");
    return;
  }
  if (file == nullptr) {
    certificate.section_error({path + " names no certificate", "a certificate is in a file", "set file = ..."});
    return;
  }
  auto read = files_.named(certificate, *file, is_authority ? "x509ca" : "x509");
  if (read) (is_authority ? round_.authorities : round_.certificates).push_back(std::move(*read));
}

void AuthRoundReader::read_certificates() {
  round_.certificates = files_.listed(reader_, "certs", "x509");
  round_.authorities = files_.listed(reader_, "cacerts", "x509ca");
  round_.public_keys = files_.listed(reader_, "pubkeys", "pubkey");
  for (const auto& inner : reader_.section().sections)
    if (rules::kLocal.has_section(inner.name)) read_certificate_section(inner);
}

/// Whoever has a name has a key in the DNS.
void AuthRoundReader::read_dns_keys() {
  round_.dns_keys = reader_.word("dns_keys", kDnsKeys).value_or(round_.dns_keys);
  const auto* setting = reader_.given("dns_keys");
  if (setting != nullptr && round_.dns_keys != DnsKeys::no && round_.id.any)
    reader_.wrong(*setting,
                  {std::string(setting->text()), "with any identity everybody who has a domain would be accepted",
                   "set id in the same section: gw.example.org, or *.example.org"});
}

void AuthRoundReader::read_constraints() {
  if (!local_) read_dns_keys();
  round_.revocation = reader_.word("revocation", kRevocation).value_or(round_.revocation);
  if (const auto* setting = reader_.given("groups"))
    for (const auto text : reader_.items(*setting)) round_.groups.emplace_back(text);
  const auto* policies = reader_.given("cert_policy");
  if (policies == nullptr) return;
  for (const auto text : reader_.items(*policies)) {
    if (text.find('.') == std::string_view::npos || text.find_first_not_of("0123456789.") != std::string_view::npos)
      reader_.wrong(*policies, {std::string(text), "a certificate policy is an object identifier: 1.3.6.1.4.1.311"});
    round_.cert_policies.emplace_back(text);
  }
}

AuthRound AuthRoundReader::read(bool authenticates) {
  round_.order = static_cast<std::uint32_t>(reader_.number("round", 0xffffffff).value_or(0));
  read_method(authenticates);
  read_identity();
  read_eap_identities();
  read_authority_identity();
  read_certificates();
  read_constraints();
  return std::move(round_);
}

}  // namespace

bool wants_password(std::uint8_t eap_type) {
  constexpr std::uint8_t kTls = 13;
  return eap_type != kTls;
}

bool proves_both_ends(std::uint8_t eap_type) {
  const auto* known = std::ranges::find(kEapWords, eap_type, &EapWord::type);
  return known != std::end(kEapWords) && known->proves_both_ends;
}

AuthRound read_auth_round(const SettingsSection& section, const std::string& path, RoundOf side, bool authenticates,
                          Problems& problems, CredentialFiles& files) {
  return AuthRoundReader(section, path, side, problems, files).read(authenticates);
}

}  // namespace keypact::config
