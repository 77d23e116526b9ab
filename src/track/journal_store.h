#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "track/database.h"
#include "track/entities.h"
#include "track/journal_record.h"
#include "track/tracker.h"

namespace assay::track {

/// Is a run as its journal knows it.
struct RecordedRun {
  std::int64_t id = 0;      ///< in this journal
  std::int64_t parent = 0;  ///< 0 for none
  std::string uuid;         ///< by which a server is asked whether it has made the run already
  std::string experiment;
  std::string name;
  std::int64_t start_ms = 0;
  std::vector<KeyValue> tags;
  std::string resume_id;  ///< on the server: the run that goes on; empty for a new one
  std::string target;     ///< the address of the server that it is meant for; empty for none

  std::optional<RunStatus> status;  ///< once it has ended
  std::int64_t end_ms = 0;

  // What became of it on the server.
  std::string server;         ///< the address; empty until the run was made there
  std::string experiment_id;  ///< on the server, as all below; before that the one asked for, or empty
  std::string run_id;
  std::string artifact_uri;
  bool create_tried = false;  ///< a request to make it went out, and may have arrived
  bool is_closed = false;     ///< everything, the final status too, is there
  std::string verification;   ///< once closed: kVerified, or what the server did not give back as it was logged
};

/// Says that a server gave everything of a run back as it was logged.
inline constexpr std::string_view kVerified = "verified";

/// Is what a journal holds of one run and the server has not confirmed; the oldest of it.
struct Waiting {
  Batch batch;
  std::vector<std::int64_t> places;  ///< in the journal, of all entities of the batch
};

/// Tells a file's bytes apart from others.
struct FileContent {
  std::int64_t size_bytes = 0;
  std::string sha256;
};

struct WaitingFile {
  std::int64_t place = 0;
  std::filesystem::path file;
  std::string path;                           ///< inside the run
  std::optional<FileContent> delivered = {};  ///< under the same path before
};

/// Is a dataset or a model.
struct WaitingItem {
  std::int64_t place = 0;
  EntryKind kind = EntryKind::kDataset;
  std::string name;
  Json description;  ///< as to_json() made it
};

/// Is the database of a journal: runs, what they logged, and what of it a server has confirmed. Thread-safe.
/// Errors of all functions: Error(kData) with the path and SQLite's reason.
class JournalStore {
 public:
  /// Opens the file, or makes it. Reads an existing one whole. Errors: DamagedDatabase also when checksums fail.
  explicit JournalStore(const std::filesystem::path& path);

  /// Notes a new run. Returns its id.
  std::int64_t begin_run(const RecordedRun& run);

  /// Stores entries together with the position in the queue behind them; nothing leaves that as it is.
  void append(const std::vector<JournalRecord>& records, std::optional<std::uint64_t> position);

  /// Returns the position up to which the queue is stored; nothing when that was lost.
  std::optional<std::uint64_t> position();

  /// Lets `work` mend the database, in one transaction.
  void mend(const std::function<void(Database&)>& work);

  std::vector<RecordedRun> runs();  ///< parents before their children

  // What the server has not confirmed, oldest first.
  Waiting next_batch(std::int64_t run);
  std::vector<WaitingFile> next_files(std::int64_t run, std::size_t max);  ///< no two with the same path
  std::optional<WaitingItem> next_item(std::int64_t run);

  void mark_create_tried(std::int64_t run);
  void mark_made(const RecordedRun& run);
  /// Closes a run, with what reading it back gave, and why the final status was refused or "".
  void mark_closed(std::int64_t run, const std::string& verification, const std::string& refusal);
  void mark_delivered(const std::vector<std::int64_t>& places);
  void mark_file_delivered(std::int64_t place, const FileContent& content);

  /// Settles places of which the server refused `count`.
  void mark_refused(std::int64_t run, const std::vector<std::int64_t>& places, std::size_t count,
                    const std::string& why);

  // What a server must give back, in the order in which it was logged; of what was set twice, the last.
  void visit_points(std::int64_t run, const std::function<void(const Metric&)>& visit);
  std::map<std::string, std::string> pairs(std::int64_t run, EntryKind kind);
  std::map<std::string, FileContent> delivered_files(std::int64_t run);  ///< by path

  /// Counts entries, files and final statuses.
  struct Counts {
    std::int64_t waiting = 0;
    std::int64_t delivered = 0;
    std::int64_t refused = 0;  ///< by the server, for good
    std::string first_refusal;
  };
  Counts count(std::int64_t run);
  Counts count();  ///< of all runs

  /// Counts what waits, of all runs; unlike count() without looking at what is delivered.
  std::int64_t num_waiting();

  /// Returns the time of the newest entry of a run, or its start. Units: milliseconds since 1970.
  std::int64_t last_time_ms(std::int64_t run);

 private:
  std::vector<WaitingFile> waiting_files(std::int64_t run, std::size_t max);
  void settle(const std::vector<std::int64_t>& places);
  void add_refusal(std::int64_t run, std::size_t count, const std::string& why);

  std::filesystem::path path_;
  std::mutex mutex_;
  Database database_;
};

}  // namespace assay::track
