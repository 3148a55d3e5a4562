// From the settings of a connection to a Connection: all defaults filled in, all errors told. The same for a file and for a
// message of the control interface.
#pragma once

#include <optional>

#include "config/credential_files.h"
#include "config/snapshot.h"

namespace keypact::config {

/// `path`: "connections.gw", for messages. Nothing when the problems have got an error.
[[nodiscard]] std::optional<Connection> read_connection(const SettingsSection& section, const std::string& path,
                                                        Problems& problems, CredentialFiles& files);

}  // namespace keypact::config
