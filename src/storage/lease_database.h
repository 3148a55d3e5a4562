// LeaseDatabase: the leases of pools in a SQLite database, so that clients find their addresses again when keypactd starts anew. A
// thread of its own writes: whoever gives an address does not wait for a disk.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "leases/lease_store.h"
#include "storage/sqlite.h"

namespace keypact::storage {

class LeaseDatabase final : public leases::LeaseStore {
 public:
  /// In another thread, a sentence for people.
  using Note = std::function<void(const std::string&)>;

  /// Fails when the file cannot be used, or is not of this kind. It is ours alone until the end.
  [[nodiscard]] static Result<std::unique_ptr<LeaseDatabase>> open(const std::string& path, Note note);
  LeaseDatabase(const LeaseDatabase&) = delete;
  LeaseDatabase& operator=(const LeaseDatabase&) = delete;
  /// What was to be kept is written by then.
  ~LeaseDatabase() override;

  /// From any thread. Not in the file yet when it returns: a crash within the next moments may forget it.
  void keep(const leases::Lease& lease, const Identification& client) override;
  /// Before the first keep().
  void for_each(const std::function<void(const leases::Lease&, const Identification& client)>& take) override;

 private:
  struct Kept {
    leases::Lease lease;
    Identification client;
  };
  LeaseDatabase(Database database, Statement insertion, Note note);
  void write_what_comes();
  [[nodiscard]] Result<void> write(const std::vector<Kept>& kept);

  Database database_;
  Statement insertion_;
  Note note_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  std::vector<Kept> waiting_;
  bool full_ = false;
  bool ends_ = false;
  std::thread writer_;
};

}  // namespace keypact::storage
