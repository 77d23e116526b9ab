#include "train/norm_momentum.h"

#include <torch/torch.h>

#include <algorithm>
#include <bit>

namespace assay::train {
namespace {

constexpr double kWindow = 20.0;

}  // namespace

NormMomentum::NormMomentum(const torch::nn::Module& model) {
  for (const auto& each : model.modules(/*include_self=*/false)) {
    auto* layer = each->as<torch::nn::BatchNorm2d>();
    if (layer != nullptr && layer->options.momentum()) configured_.emplace_back(layer, *layer->options.momentum());
  }
}

double NormMomentum::least(std::int64_t num_passes) const {
  const auto rounded = std::bit_floor(static_cast<std::uint64_t>(num_passes));
  const auto least = kWindow / (kWindow + static_cast<double>(rounded));
  const bool matters =
      std::any_of(configured_.begin(), configured_.end(), [least](const auto& each) { return each.second < least; });
  return matters ? least : 0.0;
}

NormMomentum::Scope::Scope(const NormMomentum& momentum, double least) : momentum_(momentum) {
  for (const auto& [layer, configured] : momentum_.configured_) layer->options.momentum(std::max(configured, least));
}

NormMomentum::Scope::~Scope() {
  for (const auto& [layer, configured] : momentum_.configured_) layer->options.momentum(configured);
}

}  // namespace assay::train
