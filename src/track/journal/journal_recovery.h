#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "track/journal/journal_store.h"

namespace assay::track {

/// Says what was saved from a damaged journal.
struct Recovery {
  std::string damage;                 ///< what was found first
  std::int64_t num_recovered = 0;     ///< entries
  std::int64_t num_missing = 0;       ///< entries, as far as their places tell
  std::string missing;                ///< their places: "3-17, 20"
  bool is_end_known = true;           ///< false when entries behind the last recovered one may be missing, too
  std::int64_t num_rebuilt_runs = 0;  ///< whose own row was lost
  std::int64_t num_unsure_runs = 0;   ///< of which it was lost what became of them on the server
  std::filesystem::path kept;         ///< the damaged file

  bool is_complete() const { return num_missing == 0 && is_end_known && num_rebuilt_runs == 0; }

  /// Formats it for people, in one line.
  std::string to_string() const;
};

/// Key of the tag that tells of a run what its journal lost.
inline constexpr const char* kRecoveredTag = "assay.recovered";

/// Opens a journal's database, or makes it. In the place of a damaged one it puts a new one of all rows that can be
/// read and match their checksums, keeps the damaged one as NAME.damaged, and warns. A crash meanwhile loses nothing.
/// Errors: Error(kData) for a file that is no journal of this format, which stays as it is, and as JournalStore.
JournalStore open_store(const std::filesystem::path& path, std::optional<Recovery>& recovery);

/// Makes runs for entries whose run is missing, and for runs that were lost without entries. Returns how many.
/// Errors: as Database.
std::int64_t rebuild_runs(Database& database, const std::filesystem::path& journal);

/// Tags the runs that are not delivered whole with what the journal lost. Errors: as JournalStore.
void tag_runs(JournalStore& store, const std::string& loss);

/// Returns a name beside a file under which it can be kept: NAME.damaged, NAME.damaged2, ...
std::filesystem::path damaged_name(const std::filesystem::path& path);

}  // namespace assay::track
