#include "track/journal/journal_format.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <string_view>

namespace assay::track {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::array kTables = {
    R"sql(CREATE TABLE run(
  id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, uuid TEXT NOT NULL, experiment TEXT NOT NULL, name TEXT NOT NULL,
  start_ms INTEGER NOT NULL, tags TEXT NOT NULL, target TEXT NOT NULL, resume_id TEXT NOT NULL, checksum INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT '', end_ms INTEGER NOT NULL DEFAULT 0, server TEXT NOT NULL DEFAULT '',
  experiment_id TEXT NOT NULL DEFAULT '', run_id TEXT NOT NULL DEFAULT '', artifact_uri TEXT NOT NULL DEFAULT '',
  create_tried INTEGER NOT NULL DEFAULT 0, closed INTEGER NOT NULL DEFAULT 0,
  verification TEXT NOT NULL DEFAULT '', refused INTEGER NOT NULL DEFAULT 0,
  first_refusal TEXT NOT NULL DEFAULT '', delivery_checksum INTEGER NOT NULL DEFAULT 0))sql"sv,
    R"sql(CREATE TABLE entry(
  place INTEGER PRIMARY KEY, run INTEGER NOT NULL, kind INTEGER NOT NULL, key TEXT NOT NULL, number REAL,
  text TEXT NOT NULL, time_ms INTEGER NOT NULL, step INTEGER NOT NULL, checksum INTEGER NOT NULL,
  state INTEGER NOT NULL))sql"sv,
    "CREATE INDEX waiting ON entry(run, place) WHERE state = 0"sv,
    R"sql(CREATE TABLE upload(
  place INTEGER PRIMARY KEY, size_bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, checksum INTEGER NOT NULL))sql"sv,
    R"sql(CREATE TABLE queue(
  id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL, num_entries INTEGER NOT NULL,
  num_runs INTEGER NOT NULL, checksum INTEGER NOT NULL))sql"sv};

constexpr int kApplication = 0x41535359;  // "ASSY"

/// A stretch of a journal's header that never changes. Source: SQLite's file format, section 1.3.
struct Stretch {
  std::size_t offset;
  std::string_view bytes;
};
constexpr std::size_t kHeaderSize = 100;
constexpr Stretch kMagic = {0, "SQLite format 3\0"sv};
constexpr Stretch kPages = {16, "\x10\0"sv};  // of 4096 bytes
constexpr Stretch kFractions = {20, "\0\x40\x20\x20"sv};
constexpr Stretch kEncoding = {44, "\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0\1"sv};
constexpr Stretch kFormat = {60, "\0\0\0\1"sv};
constexpr Stretch kOwner = {64, "\0\0\0\0ASSY"sv};
constexpr Stretch kReserved = {72, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv};
static_assert(kFormat.bytes[3] == kJournalFormat);

std::string read_header(const std::filesystem::path& path) {
  std::string header(kHeaderSize, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(header.data(), static_cast<std::streamsize>(header.size()));
  if (file.bad() || !file.is_open()) throw Error(ErrorKind::kData, "the journal cannot be read", path.string());
  header.resize(static_cast<std::size_t>(file.gcount()));
  return header;
}

bool holds(const std::string& header, const Stretch& stretch) {
  return header.size() >= stretch.offset && header.compare(stretch.offset, stretch.bytes.size(), stretch.bytes) == 0;
}

std::string sum_of(const char* number, const char* columns) {
  return fmt::format("checksum_of({}, {})", number, columns);
}

}  // namespace

void make_journal(Database& database) {
  database.execute("PRAGMA page_size=4096");
  database.execute("PRAGMA synchronous=OFF");  // nothing can be lost yet
  database.transact([&] {
    database.execute(fmt::format("PRAGMA application_id={}", kApplication));
    database.execute(fmt::format("PRAGMA user_version={}", kJournalFormat));
    for (const auto& table : kTables) database.execute(std::string(table));
    database.execute("INSERT INTO queue VALUES (1, 0, 0, 0, 0)");
    write_counts(database, {});
  });
}

bool is_no_journal_yet(const std::filesystem::path& path) {
  const auto is_empty = [](const std::filesystem::path& file) {
    std::error_code code;
    const auto size = std::filesystem::file_size(file, code);
    return code || size == 0;
  };
  return is_empty(path) && is_empty(wal_of(path));
}

std::filesystem::path wal_of(std::filesystem::path path) { return path += "-wal"; }

bool has_journal_header(const std::filesystem::path& path) {
  const auto header = read_header(path);
  if (header.size() < kHeaderSize) return false;
  for (const auto& stretch : {kMagic, kPages, kFractions, kEncoding, kFormat, kOwner, kReserved}) {
    if (!holds(header, stretch)) return false;
  }
  const auto is_mode = [](char mode) { return mode == 1 || mode == 2; };  // a rollback journal, or WAL
  return is_mode(header[18]) && is_mode(header[19]);
}

bool resembles_journal(const std::filesystem::path& path) {
  const auto header = read_header(path);
  if (header.size() < kHeaderSize) return kMagic.bytes.starts_with(std::string_view(header).substr(0, 16));
  return holds(header, kFormat) && (holds(header, kMagic) || holds(header, kOwner));
}

std::string describe_header(const std::filesystem::path& path) {
  const auto header = read_header(path);
  if (!holds(header, kMagic) || header.size() < kHeaderSize) return "this is no journal";
  std::uint32_t format = 0;
  for (std::size_t i = 0; i < 4; ++i) format = format << 8 | static_cast<unsigned char>(header[kFormat.offset + i]);
  return fmt::format("this is a database of format {}{}, not a journal of format {}", format,
                     holds(header, kOwner) ? "" : " of another program", kJournalFormat);
}

std::string find_damage(Database& database) {
  auto schema = database.prepare("SELECT sql FROM sqlite_schema ORDER BY rowid");
  for (const auto& table : kTables) {
    if (!schema.next() || schema.text(0) != table) return "its tables are not those of a journal";
  }
  if (schema.next()) return "it has more tables than a journal";
  auto integrity = database.prepare("PRAGMA integrity_check(1)");
  const auto found = integrity.next() ? integrity.text(0) : "";
  if (found != "ok") return found.substr(found.rfind('\n') + 1);
  const auto counts = read_counts(database);
  if (!counts) return "its counts do not match their checksum";
  const auto entry = sum_of("place", kEntryColumns);
  auto entries = database.prepare(fmt::format(
      "SELECT COUNT(*), TOTAL(checksum IS CASE state WHEN 0 THEN {0} WHEN 1 THEN ~{0} END), MAX(place) FROM entry",
      entry));
  entries.next();
  const auto num_entries = entries.integer(0);
  const auto num_damaged = num_entries - static_cast<std::int64_t>(entries.number(1));
  if (num_damaged > 0) return fmt::format("{} entries do not match their checksums", num_damaged);
  if (num_entries != counts->num_entries || entries.integer(2) != num_entries)
    return fmt::format("it has {} entries instead of {}", num_entries, counts->num_entries);
  auto runs =
      database.prepare(fmt::format("SELECT COUNT(*), TOTAL(checksum IS {} AND delivery_checksum IS {}) FROM run",
                                   sum_of("id", kRunColumns), sum_of("id", kDeliveryColumns)));
  runs.next();
  if (runs.integer(0) != static_cast<std::int64_t>(runs.number(1))) return "a run does not match its checksum";
  if (runs.integer(0) != counts->num_runs)
    return fmt::format("it has {} runs instead of {}", runs.integer(0), counts->num_runs);
  return "";
}

std::optional<JournalCounts> read_counts(Database& database, const std::string& schema) {
  auto row =
      database.prepare(fmt::format("SELECT position, num_entries, num_runs FROM {}.queue "
                                   "WHERE id = 1 AND checksum = checksum_of(position, num_entries, num_runs)",
                                   schema));
  if (!row.next()) return std::nullopt;
  return JournalCounts{row.integer(0), row.integer(1), row.integer(2)};
}

void write_counts(Database& database, const JournalCounts& counts) {
  database
      .prepare("UPDATE queue SET position = ?1, num_entries = ?2, num_runs = ?3, checksum = checksum_of(?1, ?2, ?3)")
      .bind(counts.position)
      .bind(counts.num_entries)
      .bind(counts.num_runs)
      .run();
}

void seal_new_run(Database& database, std::int64_t run) {
  database.prepare(fmt::format("UPDATE run SET checksum = {} WHERE id = ?", sum_of("id", kRunColumns))).bind(run).run();
  seal_delivery(database, run);
}

void seal_delivery(Database& database, std::int64_t run) {
  database.prepare(fmt::format("UPDATE run SET delivery_checksum = {} WHERE id = ?", sum_of("id", kDeliveryColumns)))
      .bind(run)
      .run();
}

}  // namespace assay::track
