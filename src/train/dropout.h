#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/dropout.h>

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace assay::train {

/// Gives every dropout layer of a module the same rate. Returns how many there are.
std::int64_t set_dropout_rate(torch::nn::Module& module, double rate);

/// Makes all dropout layers of a module, and its stochastic depth, let everything through for as long as it lives;
/// afterwards they have their own rates again.
class DropoutOff {
 public:
  explicit DropoutOff(torch::nn::Module& module);
  ~DropoutOff();
  DropoutOff(const DropoutOff&) = delete;
  DropoutOff& operator=(const DropoutOff&) = delete;

  std::int64_t num_layers() const { return static_cast<std::int64_t>(rates_.size()); }

 private:
  std::vector<std::pair<std::function<void(double rate)>, double>> rates_;  // how to set a layer's, and its own
};

}  // namespace assay::train
