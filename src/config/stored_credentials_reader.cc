#include "config/stored_credentials_reader.h"

#include <algorithm>
#include <set>

namespace keypact::config {
namespace {

/// A section of secrets with a passphrase.
struct Passphrase {
  std::string_view folder;
  const SettingsSection* section;
  std::string file;
  std::shared_ptr<const Secret> secret;
  bool used = false;
};

// "pkcs12" and "pkcs8" differ: no name of a folder begins another one.
constexpr std::string_view kKeyFolders[] = {"private", "rsa", "ecdsa", "pkcs8"};
constexpr std::string_view kContainerFolder = "pkcs12";

std::optional<std::string_view> folder_of(std::string_view section) {
  const auto begins = [&](std::string_view folder) {
    return section.size() >= folder.size() && same_word(section.substr(0, folder.size()), folder);
  };
  if (begins(kContainerFolder)) return kContainerFolder;
  const auto* const found = std::ranges::find_if(kKeyFolders, begins);
  return found == std::end(kKeyFolders) ? std::nullopt : std::optional(*found);
}

std::vector<Passphrase> passphrases_in(const SettingsSection* secrets) {
  std::vector<Passphrase> found;
  if (secrets == nullptr) return found;
  for (const auto& section : secrets->sections) {
    const auto folder = folder_of(section.name);
    const auto* file = section.setting("file");
    const auto* secret = section.setting("secret");
    if (!folder || file == nullptr || file->is_empty() || secret == nullptr || secret->is_empty()) continue;
    found.push_back(
        {*folder, &section, std::string(file->text()), std::make_shared<const Secret>(secret->values.front().clone())});
  }
  return found;
}

std::vector<KeyFile> keys_in(std::string_view folder, std::vector<Passphrase>& passphrases, CredentialFiles& files) {
  std::vector<KeyFile> keys;
  for (auto& file : files.all_in(folder)) {
    KeyFile key{std::move(file)};
    for (auto& passphrase : passphrases) {
      if (passphrase.folder != folder || !key.file.name.ends_with('/' + passphrase.file)) continue;
      passphrase.used = true;
      key.passphrase = passphrase.secret;
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace

StoredCredentials read_stored_credentials(const SettingsSection* secrets, Problems& problems, CredentialFiles& files) {
  auto passphrases = passphrases_in(secrets);
  StoredCredentials stored;
  stored.certificates = files.all_in("x509");
  stored.authorities = files.all_in("x509ca");
  stored.ocsp_signers = files.all_in("x509ocsp");
  stored.crls = files.all_in("x509crl");
  stored.public_keys = files.all_in("pubkey");
  for (const auto folder : kKeyFolders)
    std::ranges::move(keys_in(folder, passphrases, files), std::back_inserter(stored.private_keys));
  stored.containers = keys_in(kContainerFolder, passphrases, files);
  for (const auto& passphrase : passphrases) {
    if (passphrase.used) continue;
    problems.warning(passphrase.section->at,
                     {"secrets." + printable(passphrase.section->name) + " is for the file " +
                          printable(passphrase.file) + ", which is not there",
                      "a passphrase belongs to a file in the folder " + std::string(passphrase.folder),
                      "name the file as it is called in that folder"},
                     Masking::values);
  }
  return stored;
}

std::optional<AuthoritySection> read_authority(const SettingsSection& section, const std::string& path,
                                               Problems& problems, CredentialFiles& files) {
  const auto errors_before = problems.errors();
  SectionReader reader(section, path, rules::kAuthority, problems);
  AuthoritySection authority{section.name, {}, {}, {}, {}};
  if (const auto* handle = reader.given("handle"))
    reader.refuse(handle->at, path + ".handle: a certificate on a token", "name its file with cacert = ...");
  auto blobs = files.listed(reader, "cacert", "x509ca");
  if (!blobs.empty()) authority.certificate = std::move(blobs.front());
  else if (const auto* file = reader.given("file")) authority.certificate = files.named(reader, *file, "x509ca");
  const auto list = [&](std::string_view name, std::vector<std::string>& uris) {
    const auto* setting = reader.given(name);
    if (setting == nullptr) return;
    for (const auto text : reader.items(*setting)) uris.emplace_back(text);
  };
  list("crl_uris", authority.crl_uris);
  list("ocsp_uris", authority.ocsp_uris);
  if (const auto* base = reader.given("cert_uri_base")) authority.cert_uri_base = std::string(base->text());
  if (problems.errors() == errors_before && !authority.certificate)
    reader.section_error({path + " names no certificate", "an authority is the holder of a CA certificate",
                          "set cacert = the name of its file in x509ca"});
  if (problems.errors() != errors_before) return std::nullopt;
  return authority;
}

}  // namespace keypact::config
