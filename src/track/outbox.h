#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "track/backoff.h"
#include "track/entities.h"
#include "track/mlflow_api.h"

namespace assay::track {

/// Holds what one run has logged and the server has not yet confirmed. Memory is bounded by a number of points; tags
/// keep their last value, params and files are as many as a run has. Not thread-safe: the sender's mutex guards it.
class Outbox {
 public:
  struct File {
    std::filesystem::path file;
    std::string path;  ///< inside the run
    int num_attempts = 0;
  };
  struct Ending {
    RunStatus status;
    std::int64_t end_ms;
  };

  static constexpr std::size_t kMaxPoints = 200'000;

  Outbox(NewRun run, std::string experiment, std::weak_ptr<Outbox> parent, std::size_t max_points = kMaxPoints);

  // Filling. Each returns whether the sender has something to do that it did not have before.
  bool add_metric(Metric metric);
  bool add_params(const std::vector<KeyValue>& params);  ///< Errors: Error(kInternal), as take_new_params()
  bool add_tag(std::string key, std::string value);
  bool add_file(std::filesystem::path file, std::string path);
  bool end(Ending ending);  ///< the first call counts

  // Emptying, by the sender. What was taken stays until it is settled, so that a retry sends the very same.
  bool is_batch_due(SteadyTime now) const;
  std::optional<SteadyTime> batch_due_time() const;  ///< nullopt when nothing waits
  const Batch& take_batch();
  void settle_batch(std::size_t num_sent, std::size_t num_rejected, const std::string& error);
  const File* next_file() const { return files_.empty() ? nullptr : &files_.front(); }
  void settle_file(const std::string& error);  ///< empty: sent
  int count_file_attempt() { return ++files_.front().num_attempts; }
  bool is_ready_to_close() const;
  void settle_close(const std::string& error);

  const std::optional<Ending>& ending() const { return ending_; }

  /// Gives up on the run: everything that waits counts as lost, and so does all that follows.
  void give_up(const std::string& error);

  /// Says that nothing is left to do, for good or ill.
  bool is_settled() const { return closed_ || lost_hope_; }

  /// Counts what is unconfirmed: entities, files, and the final status.
  std::int64_t num_waiting() const;

  // Known at the start.
  const NewRun run;
  const std::string experiment;
  const std::weak_ptr<Outbox> parent;
  std::vector<std::shared_ptr<Outbox>> children;

  // The sender's notes.
  std::optional<RunInfo> made;  ///< once the server has the run
  bool create_tried = false;    ///< a request to make it went out, and may have arrived
  std::int64_t num_sent = 0;
  std::int64_t num_retried = 0;
  std::int64_t num_lost = 0;
  std::string first_error;

 private:
  bool enqueued(bool refused);
  void lose(std::int64_t count, const std::string& error);
  std::size_t num_queued() const { return metrics_.size() + params_.size() + tags_.size(); }

  std::size_t max_points_;
  std::deque<Metric> metrics_;
  std::deque<KeyValue> params_;
  std::map<std::string, std::string> tags_;
  std::map<std::string, std::string> known_params_;
  std::deque<File> files_;
  std::optional<Batch> in_flight_;
  std::optional<SteadyTime> oldest_;  ///< when the queue was last empty no more
  std::optional<Ending> ending_;
  bool closed_ = false;
  bool lost_hope_ = false;
};

}  // namespace assay::track
