#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "device/memory_meter.h"

namespace assay::device {

/// The line by which the memory of a training step grows with its batch: fixed + n * per_sample. Units: bytes.
struct MemoryLine {
  double fixed_bytes = 0.0;
  double bytes_per_sample = 0.0;

  double predict(std::int64_t num_samples) const {
    return fixed_bytes + bytes_per_sample * static_cast<double>(num_samples);
  }
};

/// The search and its bounds.
struct BatchSearch {
  std::int64_t smallest = 2;
  std::int64_t largest = 128;
  std::int64_t budget_bytes = 0;
  /// Takes the smallest size within 3 % of the best speed, instead of the largest that fits. The choice then depends on
  /// timing and differs from run to run.
  bool prefers_fast = false;
  std::optional<std::int64_t> known;  ///< a size that fitted before, tried first
  /// Makes all ranks of a distributed run take the smallest of their sizes; called once, with 0 by a rank that failed.
  std::function<std::int64_t(std::int64_t)> agree = [](std::int64_t size) { return size; };
  std::function<double()> seconds;  ///< a clock; by default the steady one
  /// Returns advice for the error's hint if not even the smallest size fits.
  std::function<std::string()> what_would_fit = [] { return std::string(); };
};

/// One step that was tried.
struct ProbeStep {
  std::int64_t num_samples = 0;
  std::optional<double> predicted_bytes = std::nullopt;  ///< from the steps before it
  std::int64_t peak_bytes = 0;                           ///< until it failed, if it did
  double seconds = 0.0;
  bool fits = false;
  std::string verdict;  ///< "fits", "out of memory", "over the budget", "fits only after retries"
};

struct FoundBatch {
  std::int64_t num_samples = 0;
  double predicted_bytes = 0.0;  ///< before that size was tried; measured if no line could be drawn yet
  std::int64_t peak_bytes = 0;   ///< as measured
  MemoryLine line;
  bool is_linear = true;  ///< the probed peaks lie within 2 % of a line
  std::string reason;     ///< why it is not larger
  std::vector<ProbeStep> steps;
};

constexpr int kMaxProbeSteps = 8;

/// Finds how many samples a training step can take within the budget, with at most kMaxProbeSteps steps. `probe(n)`
/// performs one complete step of n samples (forward, backward, optimizer, averaged weights; the first one also an
/// evaluation batch) and returns when it is done. Permanent allocations of the first step, such as the optimizer's
/// state, must be kept until the last one. Units: bytes on top of nothing, as counted by `meter`.
/// Errors: Error(kConfig) if not even `smallest` samples fit; whatever `probe` throws, except for exhausted memory.
FoundBatch find_micro_batch(const BatchSearch& search, MemoryMeter& meter,
                            const std::function<void(std::int64_t num_samples)>& probe);

}  // namespace assay::device
