#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <vector>

#include "config/schema.h"
#include "train/optimizers/optimizer.h"

namespace assay::train {

struct EmaOptions {
  double decay = 0.0;
  bool warmup = true;

  static auto schema() {
    return config::schema<EmaOptions>(
        config::field("decay", &EmaOptions::decay, config::between(0.0, 0.999999),
                      "share of the average kept at each step; 0: no averaging"),
        config::field("warmup", &EmaOptions::warmup, "lower decay at first: min(decay, (1 + step) / (10 + step))"));
  }
};

/// Keeps an exponential moving average of a module's parameters and floating-point buffers; other buffers are copied.
/// Source: Polyak and Juditsky, SIAM J. Control Optim. 30(4), 1992; the warm-up is that of TensorFlow's
/// tf.train.ExponentialMovingAverage.
class Ema {
 public:
  Ema(torch::nn::Module& module, const EmaOptions& options);

  /// Updates the averages from the module's tensors. Units: step counts updates from 0.
  void update(std::int64_t step);

  /// Swaps the module's tensors with their averages; a second call restores them.
  void swap();

  /// Returns the averages under the names of the tensors.
  NamedTensors state() const;

 private:
  EmaOptions options_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> values_;  // of the module: floating-point ones first
  std::vector<at::Tensor> averages_;
  std::size_t num_averaged_ = 0;
};

/// Swaps the module's tensors with their averages during its lifetime. Does nothing without averages.
class EmaApplied {
 public:
  explicit EmaApplied(Ema* ema) : ema_(ema) {
    if (ema_ != nullptr) ema_->swap();
  }
  ~EmaApplied() {
    if (ema_ != nullptr) ema_->swap();
  }
  EmaApplied(const EmaApplied&) = delete;
  EmaApplied& operator=(const EmaApplied&) = delete;

 private:
  Ema* ema_;
};

}  // namespace assay::train
