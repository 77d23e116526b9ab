#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace assay::track {

class Statement;

/// Says that a file is no database, or a damaged one: what fails is neither the disk, nor space, nor a permission.
class DamagedDatabase : public Error {
 public:
  using Error::Error;
};

/// An SQLite database, held by this process alone. Its SQL knows one function more: checksum_of(...) gives the
/// checksum of the types and values of its arguments, a signed number of 32 bits. Errors of all functions:
/// DamagedDatabase or Error(kData), with the path and SQLite's reason.
class Database {
 public:
  /// Opens the file, or makes it.
  explicit Database(const std::filesystem::path& path);

  /// Goes over to WAL mode: a commit survives the death of the process at once, that of the machine after the next
  /// checkpoint.
  void use_wal();
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const std::string& sql);
  Statement prepare(std::string_view sql);
  std::int64_t last_row() const;
  std::int64_t num_changed() const;  ///< rows, by the last statement

  /// Runs `work` as one transaction; undoes it when that throws.
  template <typename Work>
  void transact(const Work& work) {
    execute("BEGIN IMMEDIATE");
    try {
      work();
      execute("COMMIT");
    } catch (...) {
      roll_back();
      throw;
    }
  }

 private:
  friend class Statement;
  void roll_back() noexcept;
  [[noreturn]] void fail() const;

  std::filesystem::path path_;
  sqlite3* handle_ = nullptr;
};

/// One prepared statement. Values are bound and read from the left.
class Statement {
 public:
  ~Statement();
  Statement(Statement&&) noexcept;

  Statement& bind(std::int64_t value);
  Statement& bind(double value);  ///< NaN as null
  Statement& bind(std::string_view value);

  /// Goes to the next row; false behind the last one, and then the statement can be bound anew.
  bool next();

  /// Runs a statement that gives no rows.
  void run();

  std::int64_t integer(int column) const;
  double number(int column) const;  ///< null as NaN
  std::string text(int column) const;

 private:
  friend class Database;
  Statement(Database& database, sqlite3_stmt* handle) : database_(database), handle_(handle) {}

  Database& database_;
  sqlite3_stmt* handle_;
  int num_bound_ = 0;
};

}  // namespace assay::track
