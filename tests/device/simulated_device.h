#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "device/memory_meter.h"

namespace assay::device {

/// Simulates an accelerator for tests of batch sizing: it has a fixed amount of memory, steps need `peak` bytes and
/// take `duration`, and chosen steps fail or succeed only after retries, whatever they need. Units: bytes, seconds.
class SimulatedDevice final : public MemoryMeter {
 public:
  std::int64_t capacity_bytes = 1000;
  std::function<double(std::int64_t num_samples)> peak = [](std::int64_t n) {
    return 100.0 + 10.0 * static_cast<double>(n);
  };
  std::function<double(std::int64_t num_samples)> duration = [](std::int64_t n) {
    return 1.0 + static_cast<double>(n);
  };
  double first_step_share = 1.0;        ///< of its peak: smaller without the optimizer's state
  std::set<std::size_t> failing_steps;  ///< counted from 0
  std::set<std::int64_t> retrying_sizes;

  /// Performs a step. Errors: c10::OutOfMemoryError.
  void step(std::int64_t num_samples) {
    const auto place = sizes_.size();
    sizes_.push_back(num_samples);
    const auto needed = std::llround(peak(num_samples) * (place == 0 ? first_step_share : 1.0));
    peak_bytes_ = std::min<std::int64_t>(needed, capacity_bytes);
    if (needed > capacity_bytes || failing_steps.contains(place)) {
      TORCH_CHECK_WITH(OutOfMemoryError, false, "simulated");
    }
    if (retrying_sizes.contains(num_samples)) ++num_retries_;
    seconds_ += duration(num_samples);
  }

  const std::vector<std::int64_t>& sizes() const { return sizes_; }
  double seconds() const { return seconds_; }

  std::int64_t current_bytes() const override { return 0; }
  std::int64_t peak_bytes() const override { return peak_bytes_; }
  void release_unused() override {}
  void reset_peak() override { peak_bytes_ = 0; }
  std::int64_t num_retries() const override { return num_retries_; }

 private:
  std::vector<std::int64_t> sizes_;
  std::int64_t peak_bytes_ = 0;
  std::int64_t num_retries_ = 0;
  double seconds_ = 0.0;
};

}  // namespace assay::device
