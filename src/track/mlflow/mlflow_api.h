#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "track/entities.h"
#include "track/mlflow/http.h"
#include "track/mlflow/outcome.h"
#include "track/mlflow/tracking_server.h"

namespace assay::track {

struct Experiment {
  std::string id;
  std::string name;
  bool deleted = false;
};

/// A run as the server knows it.
struct RunInfo {
  std::string id;
  std::string experiment_id;
  std::string name;
  std::string status;  ///< "RUNNING", "FINISHED", ...
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;  ///< 0 while running
  bool is_deleted = false;
  std::string artifact_uri;
  std::vector<Metric> metrics;  ///< the latest point of each key
  std::vector<KeyValue> params;
  std::vector<KeyValue> tags;

  /// Returns the value of a tag, or "".
  std::string tag(std::string_view key) const;
};

/// Describes a run to be made. `uuid` becomes a tag by which the run is found should the reply be lost.
struct NewRun {
  std::string name;
  std::int64_t start_ms = 0;
  std::string uuid;
  std::vector<KeyValue> tags;
};

struct ArtifactInfo {
  std::string path;  ///< inside the run
  bool is_folder = false;
  std::int64_t size_bytes = 0;
};

/// Speaks MLflow's REST API, one call at a time, without retries. Calls give values; none throws for the network.
/// Source: MLflow 3.17.2, /api/2.0/mlflow and the artifact proxy /api/2.0/mlflow-artifacts.
class MlflowApi {
 public:
  /// Takes everything but login, TLS and workspace from `options`; those come with the server.
  MlflowApi(TrackingServer server, HttpOptions options);

  /// Opens another connection to the same server.
  MlflowApi another() const { return MlflowApi(server_, options_); }

  const TrackingServer& server() const { return server_; }
  const HttpOptions& options() const { return options_; }  ///< without login, TLS and workspace

  /// Finds an experiment, also a deleted one; nullopt when there is none.
  Outcome<std::optional<Experiment>> find_experiment(std::string_view name);

  /// Returns the experiment with an id, also a deleted one.
  Outcome<Experiment> get_experiment(std::string_view id);

  /// Finds or makes an experiment; several processes may do so at once. Rejected when it lies deleted on the server.
  Outcome<std::string> get_or_create_experiment(std::string_view name);

  /// Makes a run. Not repeatable: after a transient failure ask find_runs() first.
  Outcome<RunInfo> create_run(std::string_view experiment_id, const NewRun& run);

  /// Finds the runs with NewRun's uuid, also deleted ones, those that are not first. There are several when a request
  /// to make one was carried out twice.
  Outcome<std::vector<RunInfo>> find_runs(std::string_view experiment_id, std::string_view uuid);

  /// Lists the runs that match MLflow's filter language, newest first, following pages.
  Outcome<std::vector<RunInfo>> search_runs(std::string_view experiment_id, std::string_view filter = "",
                                            std::string_view view = "ACTIVE_ONLY");

  Outcome<RunInfo> get_run(std::string_view run_id);

  /// Stores a batch; repeatable. Rejected as a whole when one entity is bad.
  Done log_batch(std::string_view run_id, const Batch& batch);

  Done set_tag(std::string_view run_id, std::string_view key, std::string_view value);

  Done delete_tag(std::string_view run_id, std::string_view key);

  /// Records a dataset; repeatable.
  Done log_dataset(std::string_view run_id, const DatasetInput& dataset);

  Done update_run(std::string_view run_id, RunStatus status, std::int64_t end_ms);

  /// Sets a run's status to RUNNING again; the server keeps its end.
  Done reopen_run(std::string_view run_id);

  /// Marks a run as deleted; repeatable.
  Done delete_run(std::string_view run_id);

  /// Lists every point of a metric in the order of steps, following pages.
  Outcome<std::vector<Metric>> metric_history(std::string_view run_id, std::string_view key);

  /// Stores a file through the server's artifact proxy; repeatable. `artifact_uri` is the run's; `num_sent` counts
  /// bytes as they go, unless it is null.
  Done upload_artifact(std::string_view artifact_uri, const LocalFile& file, std::string_view path,
                       std::atomic<std::int64_t>* num_sent = nullptr);

  /// Stores a small text as a file in the same way.
  Done upload_text(std::string_view artifact_uri, std::string_view text, std::string_view path);

  /// Lists one folder of a run; "" is its root.
  Outcome<std::vector<ArtifactInfo>> list_artifacts(std::string_view run_id, std::string_view folder = "");

  /// Reads a file of a run whole, up to HttpOptions::max_body_bytes.
  Outcome<std::string> download_artifact(std::string_view artifact_uri, std::string_view path);

  /// Removes a file of a run.
  Done delete_artifact(std::string_view artifact_uri, std::string_view path);

  /// Returns the address of a run's page.
  std::string run_page(std::string_view experiment_id, std::string_view run_id) const;

  // Make any other call; paths begin behind "/api/2.0/mlflow/". `once` is for calls that must not be repeated silently.
  Outcome<Json> get(std::string_view path_and_query);
  Outcome<Json> post(std::string_view path, const Json& body, bool once = false);
  Outcome<Json> patch(std::string_view path, const Json& body);
  Outcome<Json> remove(std::string_view path, const Json& body);

  /// Makes a call at any address of the server.
  Outcome<Json> call(const HttpRequest& request);

  /// Ends the current call and all later ones; from any thread.
  void abort() { http_.abort(); }

 private:
  Done update_run(const Json& update);
  Outcome<Json> send(std::string_view method, std::string_view path, const Json& body, bool once);
  Done put(std::string_view artifact_uri, std::string_view path, HttpRequest request);

  TrackingServer server_;
  HttpOptions options_;
  HttpClient http_;
};

/// Key of the tag that holds NewRun::uuid.
inline constexpr std::string_view kUuidTag = "assay.run_uuid";

}  // namespace assay::track
