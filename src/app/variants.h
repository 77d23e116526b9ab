#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/classification.h"
#include "app/exports.h"
#include "app/run_context.h"
#include "app/techniques.h"
#include "config/schema.h"
#include "models/model.h"

namespace assay::app {

/// By how much a compressed network should beat the float one.
struct Targets {
  double size_reduction = 0.30;
  double latency_reduction = 0.40;
  double accuracy_drop_points = 5.0;

  static auto schema() {
    return config::schema<Targets>(
        config::field("size_reduction", &Targets::size_reduction, config::between(0.0, 1.0),
                      "share by which the file should shrink"),
        config::field("latency_reduction", &Targets::latency_reduction, config::between(0.0, 1.0),
                      "share by which the median latency should fall"),
        config::field("accuracy_drop_points", &Targets::accuracy_drop_points,
                      config::between(0.0, 100.0).in("percentage points"), "test accuracy that may be lost"));
  }
};

/// How latency is measured.
struct LatencyBenchmark {
  std::int64_t batch = 1;
  std::int64_t rounds = 12;
  std::int64_t calls = 30;
  std::int64_t warmup = 50;

  static auto schema() {
    return config::schema<LatencyBenchmark>(
        config::field("batch", &LatencyBenchmark::batch, config::at_least(1), "images of one call"),
        config::field("rounds", &LatencyBenchmark::rounds, config::between(1, 10000),
                      "how often the networks take turns"),
        config::field("calls", &LatencyBenchmark::calls, config::between(1, 10000), "calls of a network in one turn"),
        config::field("warmup", &LatencyBenchmark::warmup, config::between(0, 10000), "calls that are not counted"));
  }
};

/// One deployable form of a trained network, as a file in the run's folder.
struct Variant {
  std::string name;  ///< kBaseline, or the key of a technique
  std::string file;  ///< that of kMeasuredExporter, inside the run's folder
  std::vector<std::pair<std::string, std::string>> settings;
  std::vector<OtherFile> other_files = {};
};

/// Returns the folder in which a variant lies as MLflow keeps models.
std::filesystem::path mlflow_folder(const RunContext& context, const std::string& variant);

/// Exports the trained network in float by each of `exports`; the baseline of all comparisons.
/// Errors: Error(kConfig) naming the first weight that is NaN or infinity.
Variant export_float(RunContext& context, const ClassificationData& data, std::shared_ptr<models::Model> model,
                     const std::vector<std::string>& exports);

/// Exports what a technique made.
Variant export_applied(RunContext& context, const ClassificationData& data, const std::string& key,
                       const Applied& applied, const std::vector<std::string>& exports);

/// Loads each file as whoever deploys it would, measures test accuracy, size, latency on the CPU (taking turns) and
/// agreement with the first variant, and records, tracks (one child run each) and prints the results.
void evaluate_variants(RunContext& context, const ClassificationData& data, const std::vector<Variant>& variants,
                       const LatencyBenchmark& benchmark, const Targets& targets);

}  // namespace assay::app
