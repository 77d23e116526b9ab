#include "train/norm_momentum.h"

#include <torch/torch.h>

#include <algorithm>

namespace assay::train {
namespace {

double plain_average(std::int64_t num_passes) { return 1.0 / static_cast<double>(num_passes + 1); }

}  // namespace

NormMomentum::NormMomentum(const torch::nn::Module& model) {
  for (const auto& each : model.modules(/*include_self=*/false)) {
    auto* layer = each->as<torch::nn::BatchNorm2d>();
    if (layer != nullptr && layer->options.momentum()) configured_.emplace_back(layer, *layer->options.momentum());
  }
}

bool NormMomentum::has_settled(std::int64_t num_passes) const {
  return std::all_of(configured_.begin(), configured_.end(),
                     [&](const auto& each) { return plain_average(num_passes) <= each.second; });
}

NormMomentum::Scope::Scope(const NormMomentum& momentum, std::int64_t num_passes) : momentum_(momentum) {
  for (const auto& [layer, configured] : momentum_.configured_) {
    layer->options.momentum(std::max(configured, plain_average(num_passes)));
  }
}

NormMomentum::Scope::~Scope() {
  for (const auto& [layer, configured] : momentum_.configured_) layer->options.momentum(configured);
}

}  // namespace assay::train
