#pragma once

#include <cstdint>
#include <string>

#include "device/batch_finder.h"

namespace assay::device {

/// A randomly drawn training set-up, and a memory budget that bounds its batch.
struct BatchTrial {
  std::string model;      ///< a registered one, or "plain", "batch_norm", "dropout", "residual", "dense"
  std::string optimizer;  ///< "sgd" of src/train; LibTorch's "adamw", "rmsprop", "plain sgd"
  std::int64_t image_size = 0;
  std::int64_t width = 0;  ///< channels of the small networks
  bool bfloat16 = false;
  bool averages = false;        ///< keeps a moving average of the weights
  std::int64_t aimed_size = 0;  ///< roughly the number of samples that fit the budget
  std::uint64_t seed = 0;

  std::string describe() const;
};

/// Draws trial `number`; equal numbers give equal trials. Small trials exclude whatever takes more than a moment.
BatchTrial draw_batch_trial(std::uint64_t number, bool small);

/// The result of a trial.
struct BatchTrialResult {
  FoundBatch found;
  std::int64_t budget_bytes = 0;
  double search_seconds = 0.0;
  std::int64_t actual_peak_bytes = 0;  ///< of three further steps at the size found
  bool out_of_memory = false;          ///< in one of them
  std::int64_t largest = 0;            ///< largest that fits, by bisection; found.num_samples if that is at least as
                                       // large

  /// Returns the relative errors of the line and of the verifying step against the actual peak.
  double prediction_error() const { return found.predicted_bytes / static_cast<double>(actual_peak_bytes) - 1.0; }
  double verified_error() const {
    return static_cast<double>(found.peak_bytes) / static_cast<double>(actual_peak_bytes) - 1.0;
  }
  double share_of_largest() const { return static_cast<double>(found.num_samples) / static_cast<double>(largest); }
};

/// Finds the largest micro batch under a budget that the metering allocator enforces, trains three steps with it, and
/// then finds the largest that fits by bisection.
BatchTrialResult run_batch_trial(const BatchTrial& trial);

}  // namespace assay::device
