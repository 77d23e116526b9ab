// The only file that includes SQLite.

#include "track/journal/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "track/journal/checksum.h"

namespace assay::track {
namespace {

template <typename Number>
std::uint32_t add_number(Number number, std::uint32_t sum) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  return checksum({bytes, sizeof bytes}, sum);
}

void checksum_of(sqlite3_context* context, int num_values, sqlite3_value** values) {
  auto sum = kEmptyChecksum;
  for (auto** value = values; value != values + num_values; ++value) {
    const auto type = sqlite3_value_type(*value);
    sum = add_number(static_cast<char>(type), sum);
    if (type == SQLITE_INTEGER) sum = add_number(sqlite3_value_int64(*value), sum);
    // SQLite stores -0.0 as 0.
    if (type == SQLITE_FLOAT) sum = add_number(sqlite3_value_double(*value) + 0.0, sum);
    if (type != SQLITE_TEXT && type != SQLITE_BLOB) continue;
    const auto* const bytes = static_cast<const char*>(sqlite3_value_blob(*value));
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(*value));
    sum = checksum({bytes, size}, add_number(size, sum));
  }
  sqlite3_result_int(context, static_cast<std::int32_t>(sum));
}

/// Says whether an error lies outside of the file's contents.
bool is_of_the_world(int code) {
  switch (code) {
    case SQLITE_PERM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_NOLFS:
    case SQLITE_READONLY:
      return true;
    default:
      return false;
  }
}

}  // namespace

Database::Database(const std::filesystem::path& path) : path_(path) {
  const auto flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
  try {
    if (sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr) != SQLITE_OK) fail();
    constexpr int kBusyMs = 20'000;
    sqlite3_busy_timeout(handle_, kBusyMs);
    // One process at a time: then no memory is shared through the file system, and network file systems will do.
    execute("PRAGMA locking_mode=EXCLUSIVE");
    // A damaged file is not to be believed, and stays as it is until it turns out to be whole.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    execute("PRAGMA trusted_schema=OFF");
    execute("PRAGMA cell_size_check=ON");
    constexpr auto kKind = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    if (sqlite3_create_function_v2(handle_, "checksum_of", -1, kKind, nullptr, checksum_of, nullptr, nullptr,
                                   nullptr) != SQLITE_OK)
      fail();
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Database::~Database() { sqlite3_close(handle_); }

void Database::use_wal() {
  execute("PRAGMA journal_mode=WAL");
  execute("PRAGMA synchronous=NORMAL");
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

void Database::fail() const {
  const auto code = sqlite3_errcode(handle_);
  const auto message = fmt::format("journal: {}", sqlite3_errmsg(handle_));
  if (!is_of_the_world(code))
    throw DamagedDatabase(ErrorKind::kData, message, path_.string(), "`assay sync` recovers what is readable");
  const auto hint = code == SQLITE_FULL ? "free some space" : code == SQLITE_IOERR ? "is the disk full, or gone?" : "";
  throw Error(ErrorKind::kData, message, path_.string(), hint);
}

void Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

void Database::roll_back() noexcept { sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr); }

Statement Database::prepare(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  if (sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &handle, nullptr) != SQLITE_OK) fail();
  return Statement(*this, handle);
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle_); }

std::int64_t Database::num_changed() const { return sqlite3_changes(handle_); }

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), handle_(std::exchange(other.handle_, nullptr)), num_bound_(other.num_bound_) {}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::bind(std::int64_t value) {
  if (sqlite3_bind_int64(handle_, ++num_bound_, value) != SQLITE_OK) database_.fail();
  return *this;
}

Statement& Statement::bind(double value) {
  if (sqlite3_bind_double(handle_, ++num_bound_, value) != SQLITE_OK) database_.fail();
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  const auto size = static_cast<int>(value.size());
  const auto* const bytes = value.data() == nullptr ? "" : value.data();  // a null pointer would bind null
  if (sqlite3_bind_text(handle_, ++num_bound_, bytes, size, SQLITE_TRANSIENT) != SQLITE_OK) database_.fail();
  return *this;
}

bool Statement::next() {
  const auto code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  num_bound_ = 0;
  if (sqlite3_reset(handle_) != SQLITE_OK || code != SQLITE_DONE) database_.fail();
  return false;
}

void Statement::run() {
  while (next()) {
  }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }

double Statement::number(int column) const {
  if (sqlite3_column_type(handle_, column) == SQLITE_NULL) return std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(handle_, column);
}

std::string Statement::text(int column) const {
  const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  return bytes == nullptr ? "" : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)));
}

}  // namespace assay::track
