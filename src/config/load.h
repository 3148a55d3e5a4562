// Loading: from the files to a Snapshot, or to all that is wrong with them. A configuration with an error gives no snapshot,
// so that the caller keeps the one it has.
#pragma once

#include "config/diagnostic.h"
#include "config/file_source.h"
#include "config/settings_tree.h"
#include "config/snapshot.h"

namespace keypact::config {

struct LoadedConfiguration {
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<Diagnostic> warnings;
};

/// Reads the swanctl.conf at `path` and what it includes. The error: all errors, and the warnings too.
[[nodiscard]] Result<LoadedConfiguration, std::vector<Diagnostic>> load(FileSource& source, const std::string& path);

/// One object of the control interface. No value: an error (in the diagnostics), or a kind of secret that has no effect yet.
template <class T>
struct Built {
  std::shared_ptr<const T> value;
  std::vector<Diagnostic> diagnostics;
};

/// load-conn: the section that is named after the connection.
[[nodiscard]] Built<Connection> connection_from(const SettingsSection& section);
/// load-shared: id, type, data, owners.
[[nodiscard]] Built<SharedKey> shared_key_from(const SettingsSection& message);

}  // namespace keypact::config
