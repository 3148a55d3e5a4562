#include "config/secrets_reader.h"

#include "config/identity_grammar.h"
#include "config/secret_grammar.h"
#include "config/section_reader.h"

namespace keypact::config {
namespace {

constexpr Word<SecretKind> kMessageTypes[] = {{"ike", SecretKind::ike},
                                              {"eap", SecretKind::eap},
                                              {"xauth", SecretKind::xauth},
                                              {"ntlm", SecretKind::ntlm},
                                              {"ppk", SecretKind::ppk}};

struct SectionKind {
  std::string_view prefix;
  const SectionRules* rules;
};
// "pkcs12" and "pkcs8" differ, "ike" and the others too: no prefix is a part of another one.
constexpr SectionKind kSectionKinds[] = {
    {"ike", &rules::kIkeSecret},        {"eap", &rules::kOtherSecret},     {"xauth", &rules::kOtherSecret},
    {"ntlm", &rules::kOtherSecret},     {"ppk", &rules::kOtherSecret},     {"private", &rules::kKeyPassphrase},
    {"rsa", &rules::kKeyPassphrase},    {"ecdsa", &rules::kKeyPassphrase}, {"pkcs8", &rules::kKeyPassphrase},
    {"pkcs12", &rules::kKeyPassphrase}, {"token", &rules::kToken},
};

const SectionKind* kind_of(std::string_view name) {
  for (const auto& kind : kSectionKinds)
    if (name.size() >= kind.prefix.size() && same_word(name.substr(0, kind.prefix.size()), kind.prefix)) return &kind;
  return nullptr;
}

void add_owner(SectionReader& reader, const Setting& setting, std::string_view text, SharedKey& key) {
  auto owner = parse_identity(text);
  if (owner) {
    key.owners.push_back(std::move(*owner));
    return;
  }
  // The identity is no secret, but it stands among them: say what is wrong with it without quoting it.
  reader.wrong(setting, {{},
                         "no identity that is understood in this version",
                         "a name, an address, user@name, keyid:text, asn1dn:#30..., or *.name"});
}

/// RFC 8784 §5.1: the octets of an identity are the id of a PPK, whatever its type. "%any" names none.
void add_ppk_id(SectionReader& reader, const Setting& setting, std::string_view text, std::vector<Octets>& ids) {
  auto id = parse_identity(text);
  if (!id) return reader.wrong(setting, {{}, "no identity that is understood in this version"});
  if (!id->any) ids.push_back(std::move(id->identity.data));
}

void check_ppk(SectionReader& reader, const Setting& setting, const Secret& secret) {
  if (secret.empty()) return reader.wrong(setting, {{}, "a post-quantum preshared key is not empty"});
  if (const auto weakness = weakness_of(secret.reveal()))
    reader.warning(setting, {reader.path() + ": this post-quantum preshared key can be guessed: " + *weakness,
                             "RFC 8784 §6 wants 256 bits that nobody can guess",
                             "use 32 or more random octets, for instance from: openssl rand -base64 32"});
}

void check_strength(SectionReader& reader, const Setting& setting, const SharedKey& key) {
  if (key.secret.empty()) {
    reader.wrong(setting, {{}, "a pre-shared key is not empty"});
    return;
  }
  if (const auto weakness = weakness_of(key.secret.reveal())) {
    // RFC 7296 §2.15: an attacker who lets the peer authenticate to it can try all likely keys afterwards.
    reader.warning(setting, {reader.path() + ": this pre-shared key can be guessed: " + *weakness,
                             "whoever answers in the peer's place can try all likely keys afterwards",
                             "use 16 or more random octets, for instance from: openssl rand -base64 24"});
  }
}

/// What it opens is found by read_stored_credentials().
void check_passphrase(SectionReader& reader) {
  if (reader.given("file") == nullptr)
    reader.section_error({reader.path() + " names no file", "a passphrase belongs to a file of a key",
                          "set file = the name of the file in its folder"});
}

bool is_owner_setting(const Setting& setting) { return setting.name.starts_with("id"); }

}  // namespace

std::optional<SharedKey> read_shared_key(const SettingsSection& section, const std::string& path, Problems& problems) {
  const auto errors_before = problems.errors();
  SectionReader reader(section, path, rules::kIkeSecret, problems, Masking::values);
  SharedKey key;
  key.name = section.name;
  if (const auto* setting = reader.given("secret")) {
    auto secret = parse_secret(setting->text());
    if (secret) {
      key.secret = std::move(*secret);
      check_strength(reader, *setting, key);
    } else {
      reader.wrong(*setting, secret.error());
    }
  } else {
    reader.section_error({path + " has no secret", "a pre-shared key is written as secret = \"...\""});
  }
  for (const auto& setting : section.settings) {
    if (!is_owner_setting(setting)) continue;
    if (setting.is_empty())
      problems.warning(setting.at, {path + '.' + printable(setting.name) + " is empty and names nobody"},
                       Masking::values);
    else add_owner(reader, setting, trimmed(setting.text()), key);
  }
  if (problems.errors() != errors_before) return std::nullopt;
  return key;
}

std::optional<LoadedSecret> read_shared_key_message(const SettingsSection& message, Problems& problems) {
  const auto errors_before = problems.errors();
  SectionReader reader(message, "load-shared", rules::kSharedKeyMessage, problems, Masking::values);
  if (reader.given("type") == nullptr)
    reader.section_error({"load-shared has no type", "a shared key has a type, for instance IKE"});
  const auto kind = reader.word("type", kMessageTypes);
  const bool is_ike = kind == SecretKind::ike;
  LoadedSecret secret{kind.value_or(SecretKind::ike), {}, {}};
  auto& key = secret.key;
  if (const auto* id = message.setting("id")) key.name = std::string(id->text());
  const auto* data = reader.given("data");
  if (data == nullptr) {
    reader.section_error({"load-shared has no data", "a shared key is not empty"});
  } else {
    key.secret = data->values.front().clone();
    if (is_ike) check_strength(reader, *data, key);
    if (kind == SecretKind::ppk) check_ppk(reader, *data, key.secret);
  }
  if (const auto* owners = message.setting("owners")) {
    for (const auto text : reader.items(*owners)) {
      if (is_ike) add_owner(reader, *owners, text, key);
      else if (kind == SecretKind::ppk) add_ppk_id(reader, *owners, text, secret.ppk_ids);
      else secret.identities.emplace_back(text);
    }
  }
  if (problems.errors() != errors_before) return std::nullopt;
  if (kind == SecretKind::xauth)
    problems.warning({},
                     {"the secret \"" + printable(key.name) + "\" is kept but has no effect yet in this version",
                      "no authentication with " + lower_case(reader.given("type")->text()) + " secrets is available"});
  return secret;
}

namespace {

std::optional<EapSecret> read_eap_secret(const SettingsSection& section, SectionReader& reader, Problems& problems) {
  const auto errors_before = problems.errors();
  EapSecret eap{section.name, {}, {}, same_word(section.name.substr(0, 4), "ntlm")};
  if (const auto* setting = reader.given("secret")) {
    auto secret = parse_secret(setting->text());
    if (secret) eap.secret = std::move(*secret);
    else reader.wrong(*setting, secret.error());
  } else {
    reader.section_error({reader.path() + " has no secret", "a password is written as secret = \"...\""});
  }
  for (const auto& setting : section.settings)
    if (is_owner_setting(setting) && !setting.is_empty()) eap.identities.emplace_back(trimmed(setting.text()));
  if (problems.errors() != errors_before) return std::nullopt;
  return eap;
}

std::optional<Ppk> read_ppk(const SettingsSection& section, SectionReader& reader, Problems& problems) {
  const auto errors_before = problems.errors();
  Ppk ppk{section.name, {}, {}};
  if (const auto* setting = reader.given("secret")) {
    auto secret = parse_secret(setting->text());
    if (secret) {
      ppk.secret = std::move(*secret);
      check_ppk(reader, *setting, ppk.secret);
    } else {
      reader.wrong(*setting, secret.error());
    }
  } else {
    reader.section_error({reader.path() + " has no secret", "a PPK is written as secret = \"...\""});
  }
  for (const auto& setting : section.settings)
    if (is_owner_setting(setting) && !setting.is_empty()) add_ppk_id(reader, setting, trimmed(setting.text()), ppk.ids);
  if (problems.errors() != errors_before) return std::nullopt;
  return ppk;
}

}  // namespace

Secrets read_secrets(const SettingsSection& section, Problems& problems) {
  Secrets secrets;
  const SectionReader list(section, "secrets", rules::kSecrets, problems, Masking::values);
  for (const auto& inner : section.sections) {
    if (problems.full()) break;
    const auto* kind = kind_of(inner.name);
    if (kind == nullptr) continue;  // said by the list
    const auto path = list.path_of(inner);
    if (kind->rules == &rules::kIkeSecret) {
      if (auto key = read_shared_key(inner, path, problems))
        secrets.ike.push_back(std::make_shared<SharedKey>(std::move(*key)));
      continue;
    }
    SectionReader reader(inner, path, *kind->rules, problems, Masking::values);
    if (kind->prefix == "eap" || kind->prefix == "ntlm") {
      if (auto eap = read_eap_secret(inner, reader, problems))
        secrets.eap.push_back(std::make_shared<EapSecret>(std::move(*eap)));
      continue;
    }
    if (kind->prefix == "ppk") {
      if (auto ppk = read_ppk(inner, reader, problems)) secrets.ppks.push_back(std::make_shared<Ppk>(std::move(*ppk)));
      continue;
    }
    if (kind->rules == &rules::kKeyPassphrase) {
      check_passphrase(reader);
      continue;
    }
    problems.warning_once("secrets." + std::string(kind->prefix), inner.at,
                          {path + " is read but has no effect yet in this version"}, Masking::values);
  }
  return secrets;
}

}  // namespace keypact::config
