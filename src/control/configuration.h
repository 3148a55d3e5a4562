// Configuration: what the files say, and over it what clients loaded over vici. The sum is the snapshot of the engine.
#pragma once

#include <map>

#include "config/snapshot_changes.h"

namespace keypact::control {

using config::SnapshotPointer;
using ConnectionPointer = std::shared_ptr<const config::Connection>;
using SharedKeyPointer = std::shared_ptr<const config::SharedKey>;

/// The names that differ between two snapshots.
struct Changes {
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;
};
[[nodiscard]] Changes changes_between(const config::Snapshot& before, const config::Snapshot& after);

class Configuration {
 public:
  Configuration();

  [[nodiscard]] const SnapshotPointer& current() const { return current_; }
  /// What was loaded over vici stays over the new files.
  void set_files(SnapshotPointer files);

  void load(ConnectionPointer connection);
  /// False when no client loaded this connection; one of the files that it covered comes back.
  [[nodiscard]] bool unload_connection(const std::string& name);
  [[nodiscard]] std::vector<std::string> loaded_connections() const;

  void load(SharedKeyPointer key);
  void unload_shared_key(const std::string& name);
  void unload_all_shared_keys();
  [[nodiscard]] std::vector<std::string> loaded_shared_keys() const;

 private:
  void rebuild();

  SnapshotPointer files_;
  std::map<std::string, ConnectionPointer> connections_;
  std::map<std::string, SharedKeyPointer> keys_;
  SnapshotPointer current_;
};

}  // namespace keypact::control
