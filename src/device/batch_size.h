#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "device/options.h"

namespace assay::device {

/// Is the line by which the memory of a training step grows with its batch: fixed + n * per_sample. Units: bytes.
struct MemoryLine {
  double fixed_bytes = 0.0;
  double bytes_per_sample = 0.0;

  double predict(std::int64_t num_samples) const {
    return fixed_bytes + bytes_per_sample * static_cast<double>(num_samples);
  }
};

/// Measures the line from two complete steps, of 2 and of 4 samples.
MemoryLine measure_memory_line(const std::function<void(std::int64_t num_samples)>& step);

/// Is the batch that a run uses.
struct BatchPlan {
  std::int64_t global = 0;  ///< images of one optimizer step
  std::int64_t micro = 0;   ///< images of one forward pass; the last of a step may be smaller
  std::int64_t num_micro = 0;
  double predicted_bytes = 0.0;
  std::string reason;  ///< what set the micro batch
};

/// Chooses the micro batch: what the user pinned, or the largest that fits the budget and the tier's share of the
/// global one. Errors: Error(kConfig) when not even two samples fit, with the bytes needed and the budget.
BatchPlan plan_batch(const BatchOptions& options, const Tier& tier, std::int64_t budget_bytes, const MemoryLine& line);

}  // namespace assay::device
