// From a section local* or remote* of a connection to an AuthRound. What is in the certificates and keys that it names is looked
// at later, in ike/core/credentials.h.
#pragma once

#include "config/credential_files.h"
#include "config/snapshot.h"

namespace keypact::config {

enum class RoundOf : std::uint8_t { local, remote };

/// `authenticates`: false for a connection that never meets a peer, of which no method is refused.
[[nodiscard]] AuthRound read_auth_round(const SettingsSection& section, const std::string& path, RoundOf side,
                                        bool authenticates, Problems& problems, CredentialFiles& files);

/// A method of EAP whose client has a secret in the section secrets, and no certificate.
[[nodiscard]] bool wants_password(std::uint8_t eap_type);
/// A method of EAP that can stand in for AUTH of the responder. RFC 5998 §4.
[[nodiscard]] bool proves_both_ends(std::uint8_t eap_type);

}  // namespace keypact::config
