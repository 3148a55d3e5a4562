// What is there for all connections: the files of swanctl's folders with the passphrases of the section secrets, and the section
// authorities.
#pragma once

#include "config/credential_files.h"
#include "config/snapshot.h"

namespace keypact::config {

/// The folders beside swanctl.conf. `secrets` may be nullptr; its sections for keys have been checked against the rules.
[[nodiscard]] StoredCredentials read_stored_credentials(const SettingsSection* secrets, Problems& problems,
                                                        CredentialFiles& files);

/// `ca { cacert = ... crl_uris = ... }`, from a file or from load-authority. Nothing when the problems have got an error.
[[nodiscard]] std::optional<AuthoritySection> read_authority(const SettingsSection& section, const std::string& path,
                                                             Problems& problems, CredentialFiles& files);

}  // namespace keypact::config
