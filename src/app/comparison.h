#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/variants.h"
#include "eval/latency.h"

namespace assay::app {

/// What was measured of one variant.
struct Measurement {
  Variant variant;
  std::int64_t num_correct = 0;
  std::int64_t num_test = 0;
  double macro_f1 = 0.0;           ///< mean over the classes (eval/class_scores.h)
  double balanced_accuracy = 0.0;  ///< mean recall of the classes
  double agreement = 0.0;          ///< with the baseline's predictions, 0 to 1
  std::int64_t size_bytes = 0;
  std::string sha256;
  eval::Latency latency;
  std::int64_t latency_batch = 1;
  int latency_threads = 1;

  double accuracy() const { return static_cast<double>(num_correct) / static_cast<double>(num_test); }
};

/// Tells the measurements, of which the first is the baseline: into the record, to the tracking backend as metrics of
/// the run and of one child run each, and as a table on the terminal.
void record_comparison(RunContext& context, const std::vector<Measurement>& measurements, const Targets& targets);

}  // namespace assay::app
