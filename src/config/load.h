// Loading: from the files to a Snapshot, or to all that is wrong with them. A configuration with an error gives no snapshot,
// so that the caller keeps the one it has.
#pragma once

#include "config/diagnostic.h"
#include "config/file_source.h"
#include "config/snapshot.h"

namespace keypact::config {

struct LoadedConfiguration {
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<Diagnostic> warnings;
};

/// Reads the swanctl.conf at `path` and what it includes. The error: all errors, and the warnings too.
[[nodiscard]] Result<LoadedConfiguration, std::vector<Diagnostic>> load(FileSource& source, const std::string& path);

}  // namespace keypact::config
