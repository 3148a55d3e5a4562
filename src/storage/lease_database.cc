#include "storage/lease_database.h"

namespace keypact::storage {
namespace {

/// In the header of the file: whose it is, and which tables it has.
constexpr std::int64_t kApplication = 0x6b70'6c65;
constexpr std::int64_t kVersion = 1;
/// Leases that wait for the disk.
constexpr std::size_t kWaiting = 100'000;

/// Nobody else may write, so no lock is taken each time; and a commit waits for no disk: a power cut may forget the last of them.
constexpr const char* kManner =
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL";

/// `number` grows: it tells the order in which they were kept.
std::string tables() {
  return "BEGIN;"
         "CREATE TABLE lease (number INTEGER PRIMARY KEY, pool TEXT NOT NULL, address BLOB NOT NULL,"
         " id_type INTEGER NOT NULL, id_data BLOB NOT NULL, UNIQUE (pool, address));"
         "PRAGMA application_id = " +
         std::to_string(kApplication) + "; PRAGMA user_version = " + std::to_string(kVersion) + "; COMMIT";
}

Result<void> check_kind(Database& database, const std::string& path) {
  TRY(const auto objects, database.integer("SELECT count(*) FROM sqlite_master"));
  if (objects == 0) return database.run(tables());
  TRY(const auto application, database.integer("PRAGMA application_id"));
  TRY(const auto version, database.integer("PRAGMA user_version"));
  if (application == kApplication && version == kVersion) return {};
  return failure(Error{path + " holds no leases that can be read",
                       application == kApplication
                           ? "another version of keypactd wrote it, in form " + std::to_string(version)
                           : "another program made this database",
                       "Name another file: keypactd makes it."});
}

std::optional<leases::Lease> lease_in(const Statement& row) {
  const auto address = IpAddress::from_octets(row.octets(1));
  if (!address) return std::nullopt;
  return leases::Lease{std::string(row.text(0)), *address};
}

Identification client_in(const Statement& row) {
  return {static_cast<IdType>(row.integer(2)), to_octets(row.octets(3))};
}

}  // namespace

Result<std::unique_ptr<LeaseDatabase>> LeaseDatabase::open(const std::string& path, Note note) {
  TRY(auto database, Database::open(path));
  TRY_VOID(database.run(kManner));
  TRY_VOID(check_kind(database, path));
  TRY(auto insertion,
      database.prepare("INSERT OR REPLACE INTO lease (pool, address, id_type, id_data) VALUES (?, ?, ?, ?)"));
  return std::unique_ptr<LeaseDatabase>(new LeaseDatabase(std::move(database), std::move(insertion), std::move(note)));
}

LeaseDatabase::LeaseDatabase(Database database, Statement insertion, Note note)
    : database_(std::move(database)),
      insertion_(std::move(insertion)),
      note_(std::move(note)),
      writer_([this] { write_what_comes(); }) {}

LeaseDatabase::~LeaseDatabase() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  wakes_.notify_one();
  writer_.join();
}

void LeaseDatabase::keep(const leases::Lease& lease, const Identification& client) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < kWaiting) waiting_.push_back({lease, client});
    else full_ = true;
  }
  wakes_.notify_one();
}

void LeaseDatabase::for_each(const std::function<void(const leases::Lease&, const Identification& client)>& take) {
  auto rows = database_.prepare("SELECT pool, address, id_type, id_data FROM lease ORDER BY number");
  Result<bool> found = rows ? rows->step() : failure(rows.error());
  for (; found && *found; found = rows->step())
    if (const auto lease = lease_in(*rows)) take(*lease, client_in(*rows));
  if (!found) note_(found.error().to_string());
}

void LeaseDatabase::write_what_comes() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wakes_.wait(lock, [&] { return ends_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const auto kept = std::exchange(waiting_, {});
    const bool full = std::exchange(full_, false);
    lock.unlock();
    if (auto written = write(kept); !written)
      note_(std::to_string(kept.size()) +
            " leases will be forgotten with this process: " + written.error().to_string());
    if (full) note_("leases came faster than the disk takes them: some will be forgotten with this process");
    lock.lock();
  }
}

Result<void> LeaseDatabase::write(const std::vector<Kept>& kept) {
  TRY_VOID(database_.run("BEGIN"));
  for (const auto& [lease, client] : kept) {
    insertion_.bind(0, lease.pool);
    insertion_.bind(1, lease.address.octets());
    insertion_.bind(2, static_cast<std::int64_t>(client.type));
    insertion_.bind(3, OctetView(client.data));
    if (auto done = insertion_.step(); !done) {
      (void)database_.run("ROLLBACK");
      return failure(std::move(done).error());
    }
  }
  return database_.run("COMMIT");
}

}  // namespace keypact::storage
