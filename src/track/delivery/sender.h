#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "track/delivery/deliverer.h"
#include "track/journal/journal.h"
#include "track/mlflow/backoff.h"

namespace assay::track {

struct SenderOptions {
  double start_timeout_s = 5.0;    ///< the longest wait for the server when a run begins
  double retry_deadline_s = 30.0;  ///< failure for so long makes an outage that is told
  double flush_timeout_s = 20.0;   ///< the longest wait when a run ends
  DelivererOptions delivery = {};
  RetryPolicy retry = {};
};

/// Delivers journals while their runs go on, in one background thread for all: looks into them each second, retries,
/// and tells of an outage once. Nobody waits for it but await_start() and finish().
class Sender {
 public:
  Sender(MlflowApi api, SenderOptions options);

  /// Ends the current request. What is not delivered stays in the journals.
  ~Sender();

  /// Begins to deliver a journal.
  void add(std::shared_ptr<Journal> journal);

  /// Says that there is something to deliver that should not wait for the next second.
  void wake();

  /// Waits until the server has made the first run of the journal or it is clear that it does not now; that is told in
  /// a warning.
  void await_start(Journal& journal);

  /// Returns the step at which the system metrics of the journal's first run go on; 0 while the server has not told.
  std::int64_t next_system_step(const Journal& journal) const;

  /// Waits until all of the journal is delivered, for a bounded time and with a progress bar, and stops delivering it.
  void finish(Journal& journal);

  std::int64_t num_retried() const;
  std::string last_error() const;  ///< of the current outage; empty while the server answers

  const std::string& server_url() const { return api_.server().url; }

  /// Returns the address of a run's page.
  std::string run_page(const RecordedRun& run) const { return api_.run_page(run.experiment_id, run.run_id); }

 private:
  void work();
  bool try_to_work() noexcept;
  bool deliver(std::unique_lock<std::mutex>& lock, Journal& journal);
  void note_success();
  void note_failure(const Failure& failure, const Journal& journal);
  void tell_outage(const Journal& journal);
  void await_delivery(std::unique_lock<std::mutex>& lock, Journal& journal);

  MlflowApi api_;  // the thread's alone, but for server(), run_page() and abort()
  const SenderOptions options_;
  Deliverer deliverer_;  // the thread's alone

  mutable std::mutex mutex_;
  std::condition_variable work_;     // wakes the thread
  std::condition_variable changed_;  // wakes who waits for it
  std::vector<std::shared_ptr<Journal>> journals_;
  std::set<std::filesystem::path> told_;                             ///< journals of which something was refused
  std::set<std::filesystem::path> stuck_;                            ///< journals of which a run was refused
  std::map<std::filesystem::path, std::int64_t> next_system_steps_;  ///< by journal; once its first run is made
  Backoff backoff_;
  SteadyTime not_before_ = SteadyTime::min();
  std::optional<Failure> last_failure_;
  std::int64_t num_failures_ = 0;
  bool ever_answered_ = false;
  bool untracked_ = false;  // an outage was told and is not over
  bool is_woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace assay::track
