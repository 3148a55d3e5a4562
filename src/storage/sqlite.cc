#include "storage/sqlite.h"

#include <sqlite3.h>

#include <filesystem>

namespace keypact::storage {
namespace {

std::string remedy_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY: return "Another process has it open: give each keypactd a file of its own.";
    case SQLITE_CANTOPEN: return "Its directory must be there, and writable for keypactd.";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return "Move the file away: keypactd makes a new one.";
    case SQLITE_FULL: return "Make room on the disk.";
    case SQLITE_READONLY: return "Let keypactd write to it.";
    default: return {};
  }
}

std::unexpected<Error> failed(sqlite3* database) {
  const char* path = sqlite3_db_filename(database, "main");
  const auto code = sqlite3_extended_errcode(database);
  return failure(Error{std::string("the database ") + (path != nullptr ? path : "") + " cannot be used",
                       sqlite3_errmsg(database), remedy_of(code)});
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::bind(int parameter, std::int64_t value) { sqlite3_bind_int64(statement_.get(), parameter + 1, value); }

void Statement::bind(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter + 1, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Statement::bind(int parameter, OctetView octets) {
  sqlite3_bind_blob64(statement_.get(), parameter + 1, octets.data(), octets.size(), SQLITE_TRANSIENT);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    auto error = failed(sqlite3_db_handle(statement_.get()));
    sqlite3_reset(statement_.get());
    return error;
  }
  sqlite3_reset(statement_.get());
  return false;
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string_view Statement::text(int column) const {
  const auto octets = this->octets(column);
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

OctetView Statement::octets(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Database> Database::open(const std::string& path) {
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(opened);
  if (code != SQLITE_OK)
    return failure(Error{"the database " + path + " cannot be opened", sqlite3_errstr(code), remedy_of(code)});
  std::error_code not_ours;
  using std::filesystem::perms;
  std::filesystem::permissions(path, perms::owner_read | perms::owner_write, not_ours);
  return database;
}

Result<void> Database::run(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return failed(database_.get());
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &statement, nullptr) == SQLITE_OK)
    return Statement(statement);
  return failed(database_.get());
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  TRY(auto statement, prepare(sql));
  TRY(const bool found, statement.step());
  return found ? statement.integer(0) : 0;
}

}  // namespace keypact::storage
