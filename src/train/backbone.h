#pragma once

#include <vector>

#include "models/model.h"
#include "train/optimizers/optimizer.h"

namespace assay::train {

/// Returns the head of a network, the linear layer that gives the logits; all else is its backbone.
/// Errors: Error(kConfig) for a network that ends with something else.
torch::nn::Linear head_of(const models::Model& model);

/// Lists a network's parameters as named_parameters does, those of its backbone in a group of their own whose learning
/// rate is multiplied by `rate_factor`. Errors: as head_of().
std::vector<Parameter> parameters_by_part(const models::Model& model, double rate_factor);

/// Keeps the backbone of a network as it is during its lifetime: no gradient is computed for it, so that an optimizer
/// passes over it.
class FrozenBackbone {
 public:
  /// The model is borrowed. Errors: as head_of().
  explicit FrozenBackbone(models::Model& model);
  ~FrozenBackbone();
  FrozenBackbone(const FrozenBackbone&) = delete;
  FrozenBackbone& operator=(const FrozenBackbone&) = delete;

  /// Makes BatchNorm use its running statistics and leave them alone, until the model's next call of train(). Dropout
  /// and stochastic depth stay as they are.
  void hold_statistics();

 private:
  models::Model& model_;
  std::vector<at::Tensor> frozen_;
};

}  // namespace assay::train
