#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "track/delivery/late_requests.h"
#include "track/delivery/model_delivery.h"
#include "track/delivery/read_back.h"
#include "track/delivery/uploader.h"
#include "track/journal/journal_store.h"
#include "track/mlflow/mlflow_api.h"

namespace assay::track {

struct DelivererOptions {
  bool reads_back = true;          ///< before a run is ended, everything is read back and compared
  bool moves = false;              ///< runs may go to a server that knows neither them nor their experiment
  MultipartPolicy multipart = {};  ///< of large files
};

/// Brings what journals hold to a server, in order, several files at a time; before a run ends it is read back and
/// compared. What is asked twice arrives once: points carry the time at which they were made, and a run whose
/// creation may have been lost is looked for by its uuid. A run that the server does not know any more, or that goes to
/// another server than before, is likewise looked for or made there, and all of its journal is sent again.
class Deliverer {
 public:
  explicit Deliverer(MlflowApi& api, const DelivererOptions& options = {});

  /// Says what a step has come to.
  struct Step {
    bool is_idle = false;                 ///< there was nothing to do
    bool is_run_refused = false;          ///< nothing of this run can be delivered now
    std::optional<Failure> failure = {};  ///< kRejected: this thing only, it is noted; else nothing goes on now
    std::string what = {};                ///< was refused: "3 values of run `a`"
    /// Of the run that was made: where its system metrics go on, if it had some already.
    std::optional<std::int64_t> next_system_step = {};
  };

  /// Does the next thing: makes a run, sends a batch or a file, or ends a run. Throws nothing: whatever a disk, the
  /// memory or the journal does is a failure.
  Step step(JournalStore& store);

  /// Returns how far the uploads of the current step have come; from any thread.
  UploadProgress uploads() const { return uploader_.progress(); }

  /// Ends the uploads that go on; from any thread.
  void abort() { uploader_.abort(); }

 private:
  Step do_next(JournalStore& store);
  Step make(JournalStore& store, RecordedRun run, const RecordedRun* parent);
  Outcome<RunInfo> make_once(JournalStore& store, const RecordedRun& run, const RecordedRun* parent);
  Outcome<std::string> find_experiment(const RecordedRun& run);
  Outcome<RunInfo> resume(const RecordedRun& run);
  Done leave_out_known_steps(const RecordedRun& run, Batch& batch);
  Outcome<RunInfo> adopt(const RunInfo& found, const RecordedRun* parent);
  Step send_batch(JournalStore& store, const RecordedRun& run, const Waiting& waiting);
  Step send_files(JournalStore& store, const RecordedRun& run, const std::vector<WaitingFile>& files);
  Step send_item(JournalStore& store, const RecordedRun& run, const WaitingItem& item);
  Step close(JournalStore& store, const RecordedRun& run);
  Done remove_doubles(const RecordedRun& run);

  /// Says whether whoever killed a run has let it go on elsewhere since, by MLFLOW_RUN_ID.
  bool has_gone_on(const RecordedRun& run);

  /// Looks whether the server has the run. Returns what follows when it has not, or does not answer.
  std::optional<Step> find_absence(JournalStore& store, const RecordedRun& run);
  Step miss(JournalStore& store, const RecordedRun& run);
  void deliver_again(JournalStore& store);
  Step refuse(JournalStore& store, const RecordedRun& run, const Failure& failure);

  MlflowApi& api_;
  const DelivererOptions options_;
  Uploader uploader_;
  ModelDelivery models_;
  std::map<std::string, ReadBack> reading_back_;                                       ///< by uuid of the run
  std::map<std::pair<std::string, std::string>, std::string> experiment_ids_;          ///< by name and id asked for
  std::map<std::pair<std::string, std::string>, std::set<std::int64_t>> known_steps_;  ///< by uuid and metric
  LateRequests late_;
  std::map<std::string, int> num_file_attempts_;
  std::size_t batch_size_ = kMaxBatchEntities;  ///< less while one holds something that the server refuses
};

}  // namespace assay::track
