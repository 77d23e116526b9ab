#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/metric_sink.h"
#include "track/system/usage_meter.h"

namespace assay::track {

/// Says how the system is watched during a run; the defaults are MLflow's.
struct SystemMetricsOptions {
  bool enabled = false;      ///< for who decides whether to make SystemMetrics, which does not look at it
  double interval_s = 10.0;  ///< between two samples
  int samples_before_logging = 1;
  std::string node_id = {};          ///< tells the machines of one run apart: "system/<node_id>/..."
  std::int64_t first_step = 0;       ///< behind those of a run that goes on
  bool explain_absent_gpus = false;  ///< says in one line why no GPU is measured
  std::filesystem::path root = "/";  ///< for tests
};

/// Begins the keys of all system metrics.
inline constexpr const char* kSystemPrefix = "system/";

/// Describes the option of backends.
inline constexpr const char* kSystemMetricsHelp =
    "log processor, memory, disk, network and GPU each 10 s; MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING overrides it";

/// Replaces what the environment says otherwise: MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING,
/// MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL, MLFLOW_SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING and
/// MLFLOW_SYSTEM_METRICS_NODE_ID. An empty variable says nothing.
/// Errors: Error(kConfig) naming the variable whose value is none.
SystemMetricsOptions system_metrics_from_environment(SystemMetricsOptions options = {});

/// Samples how the machine, its GPUs, this process and its cgroup are used, in a background thread, and logs that under
/// MLflow's names: at once, at each interval and at the end. Never throws from its thread: a sink
/// that does ends it with a warning.
class SystemMetrics {
 public:
  /// Begins to count. `sink` takes points from this object's thread until the destructor is done.
  /// Errors: Error(kInternal) for options that no environment gives.
  SystemMetrics(MetricSink& sink, SystemMetricsOptions options);

  /// Takes and logs a last sample.
  ~SystemMetrics();
  SystemMetrics(const SystemMetrics&) = delete;
  SystemMetrics& operator=(const SystemMetrics&) = delete;

 private:
  void work();
  void sample_until_stopped();
  void add_gpus();
  void take_sample();
  void publish();
  bool await_next_sample();

  MetricSink& sink_;
  const SystemMetricsOptions options_;
  const std::string prefix_;

  // The thread's alone once it runs.
  std::vector<std::unique_ptr<UsageMeter>> meters_;
  std::vector<std::vector<Measurement>> samples_;  // not yet published
  std::int64_t step_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace assay::track
