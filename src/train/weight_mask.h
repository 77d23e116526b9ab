#pragma once

#include <vector>

#include "models/model.h"
#include "train/optimizers/optimizer.h"

namespace assay::train {

/// Lists the weights of the convolutions and linear layers of a network, which may be sparse, in the order of the
/// graph.
NamedTensors weights_of_layers(const models::Model& model);

/// Keeps weights at zero while a network trains. Which ones is read from the weights before each step, so that a
/// resumed training, which finds the same weights, goes on with the same bits.
class WeightMask {
 public:
  /// The model is borrowed.
  explicit WeightMask(const models::Model& model) : weights_(weights_of_layers(model)) {}

  /// Notes which weights are zero.
  void before_step();

  /// Sets these to zero again, and their averages, of which there may be none (Ema::state()).
  void after_step(const NamedTensors& averages) const;

 private:
  NamedTensors weights_;
  std::vector<at::Tensor> is_zero_;  // of each
};

}  // namespace assay::train
