// CredentialStore: what is there for all connections, parsed: certificates, CAs, keys. A file that cannot be used is left out with
// a warning: without it less is accepted, not more.
#pragma once

#include <map>

#include "config/diagnostic.h"
#include "ike/core/parsed_files.h"

namespace keypact::ike {

struct CredentialStore {
  std::shared_ptr<const config::StoredCredentials> source;
  std::vector<pki::Certificate> certificates;  ///< of ends and of CAs that are not trusted by themselves
  std::vector<pki::Certificate> authorities;   ///< trusted
  std::vector<pki::PublicKey> public_keys;
  std::vector<pki::RevocationList> revocation_lists;
  std::map<Octets, pki::PrivateKey> private_keys;  ///< by the SHA-1 of SubjectPublicKeyInfo
  std::vector<config::Diagnostic> warnings;
  ParsedFiles files{nullptr};

  [[nodiscard]] const pki::PrivateKey* private_key(OctetView spki_sha1) const;
};

/// `before` may be nullptr.
[[nodiscard]] std::shared_ptr<const CredentialStore> make_store(std::shared_ptr<const config::StoredCredentials> source,
                                                                const CredentialStore* before);

/// A diagnostic at the place of a setting.
[[nodiscard]] config::Diagnostic about(const config::SettingPlace& at, config::Severity severity, std::string what,
                                       std::string why, std::string remedy = {});

}  // namespace keypact::ike
