// Configuration: what the files say, and over it what clients loaded over vici. The sum is the snapshot of the engine, with its
// credentials.
#pragma once

#include <map>

#include "config/secrets_reader.h"
#include "config/snapshot_changes.h"
#include "control/loaded_credentials.h"
#include "ike/core/credentials.h"

namespace keypact::control {

using config::SnapshotPointer;
using ConnectionPointer = std::shared_ptr<const config::Connection>;
using CredentialsPointer = std::shared_ptr<const ike::Credentials>;
using SecretPointer = std::shared_ptr<const config::LoadedSecret>;

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
  [[nodiscard]] const CredentialsPointer& credentials() const { return credentials_; }
  /// What was loaded over vici stays over the new files. `parsed`: their credentials, where somebody has them.
  void set_files(SnapshotPointer files, const CredentialsPointer& parsed = nullptr);

  /// The warnings about its certificates; or the errors, and nothing has changed.
  [[nodiscard]] Result<std::vector<config::Diagnostic>, std::vector<config::Diagnostic>> load(
      const ConnectionPointer& connection);
  /// False when no client loaded this connection; one of the files that it covered comes back.
  [[nodiscard]] bool unload_connection(const std::string& name);
  [[nodiscard]] std::vector<std::string> loaded_connections() const;

  /// Takes the place of the one of its name, of whatever kind. Those without a name stay until all are unloaded.
  void load(SecretPointer secret);
  void unload_secret(const std::string& name);
  void unload_all_secrets();
  /// Names only.
  [[nodiscard]] std::vector<std::string> loaded_secrets() const;

  using PoolPointer = std::shared_ptr<const config::Pool>;
  /// Takes the place of the one of its name.
  void load(const PoolPointer& pool);
  /// False when no client loaded this pool.
  [[nodiscard]] bool unload_pool(const std::string& name);

  [[nodiscard]] const LoadedCredentials& loaded_credentials() const { return loaded_; }
  template <class Change>
  void change_credentials(Change&& change) {
    change(loaded_);
    stored_ = loaded_.over(files_->stored);
    rebuild();
  }

 private:
  /// Into the snapshot, where the engine uses secrets of its kind.
  void put(const SecretPointer& secret);
  void rebuild();

  SnapshotPointer files_;
  std::map<std::string, ConnectionPointer> connections_;
  std::map<std::string, SecretPointer> secrets_;
  std::vector<SecretPointer> nameless_secrets_;
  std::map<std::string, PoolPointer> pools_;
  LoadedCredentials loaded_;
  std::shared_ptr<const config::StoredCredentials> stored_;  ///< of both
  SnapshotPointer current_;
  CredentialsPointer credentials_;
};

}  // namespace keypact::control
