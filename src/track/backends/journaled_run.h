#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "track/delivery/sender.h"
#include "track/journal/journal.h"
#include "track/registration.h"
#include "track/system/system_metrics.h"
#include "track/tracker.h"

namespace assay::track {

/// Says what a backend adds to its runs.
struct RunExtras {
  SystemMetricsOptions watching;
  Registration registration;
};

/// A run that is logged into a journal, and from there delivered, or not.
class JournaledRun final : public Run {
 public:
  /// Begins an outermost run, with a journal of its own below its record folder. `sender` may be null.
  /// Errors: Error(kData) when the journal cannot be made.
  static std::unique_ptr<JournaledRun> start(const RunStart& start, const std::shared_ptr<Sender>& sender,
                                             const RunExtras& extras);

  ~JournaledRun() override;

  void log_params(const std::vector<KeyValue>& params) override;
  void log_metric(std::string_view key, double value, std::int64_t step) override;
  void set_tag(std::string_view key, std::string_view value) override;
  void log_artifact(const std::filesystem::path& file, std::string_view artifact_path) override;
  void log_dataset(const DatasetInput& dataset) override;
  void log_model(const LoggedModel& model) override;
  std::unique_ptr<Run> start_child(const RunStart& start) override;
  void finish(RunStatus status) override;
  Delivery delivery() const override;

 private:
  /// `run` says where the new run belongs: its parent, or its experiment or the run that goes on.
  JournaledRun(std::shared_ptr<Journal> journal, std::shared_ptr<Sender> sender, const RunStart& start, RecordedRun run,
               Registration registration);

  /// Keeps the whole of a param that had to be cut as a file.
  void keep_whole(const std::string& key, const std::string& value);
  void log_item(EntryKind kind, const std::string& name, const Json& description);

  /// Lists this run and all below it.
  std::vector<RecordedRun> family() const;

  std::shared_ptr<Journal> journal_;
  std::shared_ptr<Sender> sender_;
  RecordedRun run_;
  const Registration registration_;
  std::mutex params_mutex_;
  std::map<std::string, std::string> known_params_;
  std::unique_ptr<SystemMetrics> system_metrics_;
  std::atomic<bool> is_finished_ = false;
};

}  // namespace assay::track
