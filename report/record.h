#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"

namespace assay::report {

/// Newest readable format of record.json.
constexpr std::int64_t kRecordFormat = 1;

/// Measurements of one deployable form of the network. Unmeasured values are empty.
struct Variant {
  std::string name;
  std::string title;
  std::optional<double> accuracy;  ///< a fraction; computed from the counts if only they are recorded
  std::optional<std::int64_t> num_correct;
  std::optional<std::int64_t> num_test;
  std::optional<std::int64_t> size_bytes;
  std::optional<double> latency_us_p50;
  std::optional<double> latency_us_p95;
  std::optional<std::int64_t> latency_samples;
  std::optional<std::int64_t> latency_batch;
  std::optional<std::int64_t> latency_threads;
  std::optional<double> agreement;  ///< fraction of the test images with the same class as the baseline
  std::string file;
  std::string sha256;
  std::vector<std::pair<std::string, std::string>> settings;
};

/// One line of the training history.
struct Epoch {
  std::int64_t number = 0;
  std::optional<double> train_loss;
  std::optional<double> validation_loss;
  std::optional<double> validation_accuracy;
  std::optional<std::int64_t> skipped_steps;
};

struct Training {
  std::vector<Epoch> history;
  std::optional<std::int64_t> best_epoch;
  std::optional<std::int64_t> epochs_planned;
  std::optional<bool> stopped_early;
  std::optional<std::int64_t> batch_global;
  std::optional<std::int64_t> batch_micro;
};

struct DatasetFacts {
  std::string name, description, digest;
  std::vector<std::string> classes;
  std::optional<std::int64_t> num_train, num_validation, num_test, image_size;
};

struct Environment {
  std::string cpu, device, os, compiler, build_type, torch, commit;
  std::vector<std::string> isa;
  std::optional<std::int64_t> cores, threads, memory_bytes;
  std::optional<bool> dirty;
};

/// Targets of compression, relative to the baseline.
struct Targets {
  std::optional<double> size_reduction;        ///< a fraction: 0.30 requires 30 % fewer bytes
  std::optional<double> latency_reduction;     ///< a fraction of the median latency
  std::optional<double> accuracy_drop_points;  ///< largest loss in percentage points
};

/// One run as described by its record.json.
struct Record {
  std::string origin;  ///< the file or the tracking run from which it was read
  std::string experiment, run_key, run_name, status, error, started, command;
  std::optional<double> duration_s;
  bool has_clock_gone_back = false;  ///< the duration is unknown, since the clock was set back during the run
  DatasetFacts dataset;
  std::string model_name;
  std::optional<std::int64_t> num_parameters;
  Environment environment;
  Training training;
  Targets targets;
  std::vector<Variant> variants;  ///< the first is the baseline
  std::string tracking_backend, tracking_url, tracking_run_id;
  std::optional<bool> tracking_complete;
  std::vector<std::string> missing;  ///< dotted names of missing fields

  bool finished() const { return status == "FINISHED"; }
};

/// Converts the JSON of a record to a Record. `origin` names it in errors.
/// Absent and null fields are listed in `missing`; unknown fields are ignored.
/// Errors: Error(kData) naming the field: another format, a wrong type, a value out of range, contradictory counts.
Record parse_record(const Json& json, std::string_view origin);

}  // namespace assay::report
