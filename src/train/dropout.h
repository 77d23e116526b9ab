#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/dropout.h>

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace assay::train {

/// Sets the rate of every dropout layer of a module. Returns the number of layers.
std::int64_t set_dropout_rate(torch::nn::Module& module, double rate);

/// Disables all dropout layers of a module, and its stochastic depth, during its lifetime; then restores their rates.
class DropoutOff {
 public:
  explicit DropoutOff(torch::nn::Module& module);
  ~DropoutOff();
  DropoutOff(const DropoutOff&) = delete;
  DropoutOff& operator=(const DropoutOff&) = delete;

  std::int64_t num_layers() const { return static_cast<std::int64_t>(rates_.size()); }

 private:
  std::vector<std::pair<std::function<void(double rate)>, double>> rates_;  // the setter and the original rate of each
                                                                            // layer
};

}  // namespace assay::train
