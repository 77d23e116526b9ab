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
                      "share of the average that is kept at each step; 0: no average is kept"),
        config::field("warmup", &EmaOptions::warmup, "keep less at first: min(decay, (1 + step) / (10 + step))"));
  }
};

/// Keeps an exponential moving average of a module's parameters and of its floating-point buffers; other buffers are
/// taken as they are. Source: Polyak and Juditsky, SIAM J. Control Optim. 30(4), 1992; the warm-up is TensorFlow's
/// tf.train.ExponentialMovingAverage.
class Ema {
 public:
  Ema(torch::nn::Module& module, const EmaOptions& options);

  /// Takes the module's tensors into the average. Units: step counts updates from 0.
  void update(std::int64_t step);

  /// Exchanges the module's tensors with their averages; done twice, all is as before.
  void swap();

  /// Returns the averages under the names of what they average.
  NamedTensors state() const;

 private:
  EmaOptions options_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> values_;  // of the module: first the floating-point ones, then the others
  std::vector<at::Tensor> averages_;
  std::size_t num_averaged_ = 0;
};

/// Exchanges the module's tensors with their averages for as long as it lives. Does nothing without an average.
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
