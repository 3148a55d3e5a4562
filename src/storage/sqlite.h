// One SQLite database, and the statements that are run on it. Errors name the file and what was being done.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/octets.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace keypact::storage {

/// A prepared statement. Parameters and columns count from 0; what is bound is copied.
class Statement {
 public:
  void bind(int parameter, std::int64_t value);
  void bind(int parameter, std::string_view text);
  void bind(int parameter, OctetView octets);
  /// True: there is a row. False: it is done, and can be bound and run again.
  [[nodiscard]] Result<bool> step();

  /// Of the row; valid until the next step().
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] OctetView octets(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// For one thread at a time.
class Database {
 public:
  /// Makes the file if there is none, for its owner alone.
  [[nodiscard]] static Result<Database> open(const std::string& path);

  /// Runs statements that have no parameters and whose rows nobody wants.
  [[nodiscard]] Result<void> run(const std::string& sql);
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  /// The one integer that a query answers.
  [[nodiscard]] Result<std::int64_t> integer(std::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace keypact::storage
