#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "track/backoff.h"
#include "track/mlflow_api.h"
#include "track/outbox.h"

namespace assay::track {

struct SenderOptions {
  double start_timeout_s = 5.0;    ///< the longest wait for the server when a run begins
  double retry_deadline_s = 30.0;  ///< failure for so long makes an outage that is told
  double flush_timeout_s = 20.0;   ///< the longest wait when a run ends
};

/// Delivers what runs log, in one background thread: batches it, retries, and tells of an outage once. Everything else
/// only fills an Outbox under the mutex, which is never held during a request.
class Sender {
 public:
  Sender(MlflowApi api, SenderOptions options);

  /// Ends the current request and drops what is still waiting.
  ~Sender();

  /// Begins a run, below `parent` unless that is null.
  std::shared_ptr<Outbox> open(NewRun run, std::string experiment, const std::shared_ptr<Outbox>& parent,
                               const std::filesystem::path& record_folder);

  /// Waits until the server has made the run or it is clear that it does not now; that is told in a warning.
  void await_start(Outbox& outbox);

  /// Fills an outbox: `change(outbox)` returns whether there is news for the thread.
  template <typename Change>
  void post(Outbox& outbox, Change&& change) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      wake = change(outbox);
    }
    if (wake) work_.notify_one();
  }

  /// Ends a run and its children. For an outermost run, waits for delivery, then drops what could not be delivered.
  void finish(Outbox& outbox, RunStatus status);

  /// Counts for a run and its children.
  Delivery delivery(const Outbox& outbox) const;

 private:
  enum class Task { kCreate, kBatch, kFile, kClose };
  struct Step {
    std::shared_ptr<Outbox> outbox;  ///< null: nothing to do before `wake`
    Task task = Task::kCreate;
    SteadyTime wake = SteadyTime::max();
  };

  void work();
  Step next_step(SteadyTime now);
  void perform(std::unique_lock<std::mutex>& lock, Outbox& outbox, Task task);
  void create(std::unique_lock<std::mutex>& lock, Outbox& outbox);
  void send_batch(std::unique_lock<std::mutex>& lock, Outbox& outbox);
  void send_file(std::unique_lock<std::mutex>& lock, Outbox& outbox);
  void close(std::unique_lock<std::mutex>& lock, Outbox& outbox);
  Outcome<RunInfo> create_once(Outbox& outbox, const std::string& parent_id);

  void note_success();
  void note_failure(Outbox& outbox, const Failure& failure);
  void tell_outage();
  void tell_rejection(const Outbox& outbox, const Failure& failure, std::string_view what);
  void await_delivery(std::unique_lock<std::mutex>& lock, Outbox& root);
  std::string where_the_record_lies() const;

  MlflowApi api_;  // the thread's alone, but for server() and abort()
  const SenderOptions options_;
  std::map<std::string, std::string> experiment_ids_;  // the thread's alone

  mutable std::mutex mutex_;
  std::condition_variable work_;                   // wakes the thread
  std::condition_variable changed_;                // wakes who waits for it
  std::vector<std::shared_ptr<Outbox>> outboxes_;  // parents before their children
  std::filesystem::path record_folder_;
  Backoff backoff_;
  SteadyTime not_before_ = SteadyTime::min();
  std::optional<Failure> last_failure_;
  std::int64_t num_failures_ = 0;
  bool ever_answered_ = false;
  bool untracked_ = false;  // an outage was told and is not over
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace assay::track
