#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/option.h"
#include "config/section.h"
#include "core/metric_sink.h"

namespace assay::track {

using KeyValue = std::pair<std::string, std::string>;

enum class RunStatus { kFinished, kFailed, kKilled };

/// Returns MLflow's word: "FINISHED", "FAILED", "KILLED".
std::string_view to_string(RunStatus status);

/// Describes a run that begins.
struct RunStart {
  /// Names the experiment; a child takes its parent's. Empty: MLFLOW_EXPERIMENT_NAME or _ID decides, else the tag
  /// mlflow.source.name.
  std::string experiment;
  std::string name;                          ///< as people see it
  std::vector<KeyValue> tags;                ///< in addition to user, source type and parent, which the backend sets
  std::filesystem::path record_folder = {};  ///< where everything is kept locally, the journal too; a child needs none
};

/// Describes data that a run used, as MLflow shows it in the column of datasets.
struct DatasetInput {
  std::string name;
  std::string digest;         ///< at most 36 characters
  std::string context;        ///< "training", "validation" or "test"
  std::string source_type;    ///< "local", "http"
  std::string source = "{}";  ///< JSON
  std::string schema = {};    ///< JSON, in MLflow's form
  std::string profile = {};   ///< JSON: numbers of samples and the like
};

/// Describes a model to be kept as one of MLflow's logged models.
struct LoggedModel {
  std::string name;              ///< no / : . % " or '
  std::filesystem::path folder;  ///< its files, with MLmodel; must stay in place until finish()
  std::string type = {};         ///< "classifier"
  std::int64_t step = 0;
  std::vector<KeyValue> params = {};
  std::vector<KeyValue> tags = {};
  std::string registered_name = {};       ///< becomes a new version of this registered model; empty for none
  std::vector<std::string> aliases = {};  ///< of that version
};

/// Counts what became of everything that a run and its children logged: points, params, tags, files and final statuses.
struct Delivery {
  std::string backend;           ///< "mlflow", "journal", "off"
  std::int64_t sent = 0;         ///< stored by the server, and so confirmed
  std::int64_t retried = 0;      ///< requests that had to be repeated
  std::int64_t undelivered = 0;  ///< waiting, refused or given up
  std::string first_error;       ///< why, when something was refused or given up
  bool verified = false;         ///< the server gave everything back as it was logged
  std::string difference;        ///< what it gave back otherwise
  std::string run_id;            ///< empty until the server has made the run
  std::string url;               ///< the run's page; empty likewise

  bool complete() const { return undelivered == 0 && difference.empty(); }
};

/// One run of a tracking backend. No call waits for the network, but for finish(), or throws because of it.
/// Errors: Error(kInternal) from any log call for a key, path or repeated param that no server would take.
class Run : public MetricSink {
 public:
  /// Records the run's parameters. Repeating one with the same value does nothing; with another it is a mistake.
  virtual void log_params(const std::vector<KeyValue>& params) = 0;

  virtual void set_tag(std::string_view key, std::string_view value) = 0;

  /// Records a file under its full path inside the run ("models/float.pt"). It must stay in place until finish().
  virtual void log_artifact(const std::filesystem::path& file, std::string_view artifact_path) = 0;

  /// Records that the run used a dataset.
  virtual void log_dataset(const DatasetInput& dataset) = 0;

  /// Keeps a model with the run.
  virtual void log_model(const LoggedModel& model) = 0;

  /// Begins a run that is shown below this one.
  virtual std::unique_ptr<Run> start_child(const RunStart& start) = 0;

  /// Ends the run, and before it its unfinished children with the same status. The outermost run waits, for a bounded
  /// time and with a progress bar, until all is delivered; a child returns at once. The destructor calls it with
  /// kFailed.
  virtual void finish(RunStatus status) = 0;

  /// Returns the counts up to now, children included.
  virtual Delivery delivery() const = 0;
};

/// Starts runs.
class Tracker {
 public:
  virtual ~Tracker() = default;

  /// Begins a run. A server that cannot be used is told in a warning after a few seconds at most, and the run goes on.
  virtual std::unique_ptr<Run> start(const RunStart& start) = 0;
};

/// Makes the backend that the section names.
/// Errors: Error(kConfig) for an unknown name (the nearest is suggested) or a bad option.
std::unique_ptr<Tracker> make_tracker(const config::Section& section);

/// Says whether the section asks for source files that Git does not track to be sent with the diff of the sources.
bool sends_untracked_sources(const config::Section& section);

/// Describes all backends, for the schema of what chooses among them.
std::vector<config::PluginOptions> describe_backends();

}  // namespace assay::track
