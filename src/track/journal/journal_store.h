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

#include "track/entities.h"
#include "track/journal/database.h"
#include "track/journal/journal_record.h"
#include "track/tracker.h"
#include "track/upload_source.h"

namespace assay::track {

/// A run as its journal knows it.
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
  bool is_closed = false;     ///< the final status is there, and all else that the server takes
  bool is_refused = false;    ///< since the journal was opened: the server does not take the run, or its final status
  std::string verification;   ///< once closed: kVerified, or what the server did not give back as it was logged
};

/// Says that a server gave everything of a run back as it was logged.
inline constexpr std::string_view kVerified = "verified";

/// What a journal holds of one run and the server has not confirmed; the oldest of it.
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
  LocalFile file;
  std::string path;                           ///< inside the run
  std::optional<FileContent> delivered = {};  ///< under the same path before
};

/// A dataset or a model.
struct WaitingItem {
  std::int64_t place = 0;
  EntryKind kind = EntryKind::kDataset;
  std::string name;
  Json description;                 ///< as to_json() made it
  std::filesystem::path root = {};  ///< of a model: the folder in which all of its files must lie
};

/// The database of a journal: runs, what they logged, and what of it a server has confirmed. What a server refuses
/// waits on, and is left alone only until the journal is opened again. Thread-safe.
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

  // What the server has neither confirmed nor refused, oldest first. Files lie where the run's folder is now.
  Waiting next_batch(std::int64_t run, std::size_t max = kMaxBatchEntities);
  std::vector<WaitingFile> next_files(std::int64_t run, std::size_t max);  ///< no two with the same path
  std::optional<WaitingItem> next_item(std::int64_t run);

  void mark_create_tried(std::int64_t run);
  void mark_made(const RecordedRun& run);
  void mark_closed(std::int64_t run, const std::string& verification);  ///< with what reading it back gave
  void mark_delivered(const std::vector<std::int64_t>& places);
  void mark_file_delivered(std::int64_t place, const FileContent& content);

  void mark_refused(std::int64_t run, const std::vector<std::int64_t>& places, const std::string& why);
  void mark_run_refused(std::int64_t run, const std::string& why);

  /// Takes back that anything of the runs was delivered: each is looked for on the server, or made, and sent whole.
  void deliver_again();

  /// Opens the runs again of which a server had refused something or did not give all back.
  void reopen_incomplete();

  // What a server must give back, in the order in which it was logged; of what was set twice, the last.
  void visit_points(std::int64_t run, const std::function<void(const Metric&)>& visit);
  std::map<std::string, std::string> pairs(std::int64_t run, EntryKind kind);
  std::map<std::string, FileContent> delivered_files(std::int64_t run);  ///< by path

  /// Counts entries, files and final statuses.
  struct Counts {
    std::int64_t waiting = 0;
    std::int64_t delivered = 0;
    std::int64_t refused = 0;  ///< by the server, since the journal was opened
    std::string first_refusal;

    std::int64_t undelivered() const { return waiting + refused; }
  };
  Counts count(std::int64_t run);
  Counts count();  ///< of all runs

  /// Counts what waits and is not refused, of all runs; unlike count() without looking at what is delivered.
  std::int64_t num_waiting();

  /// Returns the time of the newest entry of a run, or its start. Units: milliseconds since 1970.
  std::int64_t last_time_ms(std::int64_t run);

 private:
  std::vector<WaitingFile> waiting_files(std::int64_t run, std::size_t max);
  LocalFile locate(const std::filesystem::path& file) const;
  void settle(const std::vector<std::int64_t>& places);
  void deliver_again(std::int64_t run);

  const std::filesystem::path path_;
  const std::filesystem::path record_folder_;
  std::mutex mutex_;
  Database database_;
};

}  // namespace assay::track
