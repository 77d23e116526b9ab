#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "core/error.h"
#include "track/journal/journal_recovery.h"
#include "track/journal/journal_store.h"
#include "track/journal/ring.h"

namespace assay::track {

/// Says that another process has the journal open.
class JournalBusy : public Error {
 public:
  using Error::Error;
};

/// Keeps what a run and its children log, in a file of its own, until and after a server has it. Logging copies an
/// entry into a memory-mapped queue, which survives the death of the process, and returns; a thread moves the queue
/// into the database. Only when the queue is full does the caller wait, for that thread. Thread-safe.
///
/// Files: `NAME.journal`, SQLite; beside it `NAME.ring`, the queue, and `NAME.lock`, held while the journal is open.
class Journal {
 public:
  /// Opens a journal, or makes it, and takes over what a process that died had left in the queue. An existing one is
  /// read whole; of a damaged one what is readable is recovered, and a warning tells what is not.
  /// Errors: JournalBusy when another process has it open; Error(kData) when it cannot be made, or is no journal.
  explicit Journal(const std::filesystem::path& path);

  /// Moves what was logged into the database, and removes the queue when that is done.
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Logs an entry. Errors: Error(kData) when the queue is full and the database cannot be written.
  void log(const JournalRecord& record);

  /// Waits until everything logged before is in the database. Errors: Error(kData) when it cannot be written.
  void settle();

  /// Returns the database: for runs, and for delivery.
  JournalStore& store() { return store_; }

  /// Returns what was recovered when it was opened; nothing for a healthy one.
  const std::optional<Recovery>& recovery() const { return recovery_; }

  /// Counts how often a log call had to wait for the database.
  std::int64_t num_waits() const { return num_waits_; }

  const std::filesystem::path& path() const { return path_; }

  /// Returns the folder of the run whose journal it is; journals lie in a folder of their own below it.
  std::filesystem::path record_folder() const { return path_.parent_path().parent_path(); }

 private:
  /// Is held by one process.
  class Lock {
   public:
    explicit Lock(const std::filesystem::path& journal);
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    int file_;
  };

  void take_over();
  std::uint64_t move_all(std::uint64_t& position);  ///< returns how many bytes cannot be read
  void move_queue();
  void try_to_move();
  void work();

  const std::filesystem::path path_;
  const Lock lock_;
  std::optional<Recovery> recovery_;
  std::string loss_;  ///< of the queue
  JournalStore store_;
  Ring ring_;
  std::atomic<std::uint64_t> moved_to_ = 0;

  std::mutex mutex_;
  std::condition_variable wake_;   // the thread
  std::condition_variable moved_;  // who waits for it
  std::atomic<std::int64_t> num_waits_ = 0;
  std::exception_ptr failure_;  // of the last move
  bool is_hurried_ = false;
  bool is_stopping_ = false;
  std::thread thread_;
};

/// Lists the journals at or below the folders and files. Errors: Error(kConfig) for what is not there.
std::vector<std::filesystem::path> find_journals(const std::vector<std::filesystem::path>& places);

}  // namespace assay::track
