#include "train/weight_mask.h"

#include <torch/torch.h>

#include <map>

namespace assay::train {

NamedTensors weights_of_layers(const models::Model& model) {
  NamedTensors weights;
  for (const auto& node : model.graph()) {
    if (node.conv) weights.emplace_back(node.name + ".weight", node.conv->weight);
    if (node.linear) weights.emplace_back(node.name + ".weight", node.linear->weight);
  }
  return weights;
}

void WeightMask::before_step() {
  const torch::NoGradGuard no_grad;
  is_zero_.clear();
  for (const auto& [name, weight] : weights_) is_zero_.push_back(weight.eq(0));
}

void WeightMask::after_step(const NamedTensors& averages) const {
  const torch::NoGradGuard no_grad;
  std::map<std::string, at::Tensor> average_of(averages.begin(), averages.end());
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const auto& [name, weight] = weights_[i];
    weight.masked_fill_(is_zero_[i], 0.0);
    if (const auto found = average_of.find(name); found != average_of.end()) {
      found->second.masked_fill_(is_zero_[i], 0.0);
    }
  }
}

}  // namespace assay::train
