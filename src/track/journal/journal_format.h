#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "track/journal/database.h"

namespace assay::track {

/// The number of what follows, kept in each journal; to be raised with each change.
inline constexpr int kJournalFormat = 1;

// Columns that never change; `checksum` is that of the row's number and these. An entry that is settled with the
// server has state 1, and the complement of that checksum, so that no flipped bit can settle an entry.
inline constexpr const char* kEntryColumns = "run, kind, key, number, text, time_ms, step";
inline constexpr const char* kRunColumns = "parent, uuid, experiment, name, start_ms, tags, target, resume_id";

// Columns that change while a run is delivered, and have a checksum of their own.
inline constexpr const char* kDeliveryColumns =
    "status, end_ms, server, experiment_id, run_id, artifact_uri, create_tried, closed, verification, refused, "
    "first_refusal";

/// The one row of a journal's table `queue`.
struct JournalCounts {
  std::int64_t position = 0;  ///< up to which the queue is stored; -1 for unknown
  std::int64_t num_entries = 0;
  std::int64_t num_runs = 0;
};

/// Makes the tables in an empty database. Errors: as Database.
void make_journal(Database& database);

/// Says whether there is nothing yet: no file, or an empty one without a write-ahead log.
bool is_no_journal_yet(const std::filesystem::path& path);

/// Returns the path of the write-ahead log, which SQLite keeps beside the file.
std::filesystem::path wal_of(std::filesystem::path path);

/// Says whether a file begins as every journal of this format does. Errors: Error(kData) when it cannot be read.
bool has_journal_header(const std::filesystem::path& path);

/// Says whether a file begins as one that was a journal of this format does; bits of it may be damaged.
bool resembles_journal(const std::filesystem::path& path);

/// Says for people what a file is by its beginning, when that is not a journal's.
std::string describe_header(const std::filesystem::path& path);

/// Reads everything. Returns what is damaged, or "". Errors: as Database.
std::string find_damage(Database& database);

/// Returns the counts; nothing when they are missing or damaged. Errors: as Database.
std::optional<JournalCounts> read_counts(Database& database, const std::string& schema = "main");

void write_counts(Database& database, const JournalCounts& counts);

// Renew the checksums of a run, in the transaction that changed it: of what never changes, and of its delivery.
void seal_new_run(Database& database, std::int64_t run);
void seal_delivery(Database& database, std::int64_t run);

}  // namespace assay::track
