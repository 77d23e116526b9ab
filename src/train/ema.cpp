#include "train/ema.h"

#include <torch/torch.h>

#include <algorithm>

namespace assay::train {

Ema::Ema(torch::nn::Module& module, const EmaOptions& options) : options_(options) {
  auto named = module.named_parameters().pairs();
  const auto buffers = module.named_buffers().pairs();
  named.insert(named.end(), buffers.begin(), buffers.end());
  const auto others = std::stable_partition(named.begin(), named.end(),
                                            [](const auto& pair) { return pair.second.is_floating_point(); });
  num_averaged_ = static_cast<std::size_t>(others - named.begin());
  for (const auto& [name, value] : named) {
    names_.push_back(name);
    values_.push_back(value);
    averages_.push_back(value.detach().clone());
  }
}

void Ema::update(std::int64_t step) {
  const torch::NoGradGuard no_grad;
  const auto count = static_cast<double>(step);
  const double decay = options_.warmup ? std::min(options_.decay, (1.0 + count) / (10.0 + count)) : options_.decay;
  const at::TensorList values(values_), averages(averages_);
  at::_foreach_lerp_(averages.slice(0, num_averaged_), values.slice(0, num_averaged_), 1.0 - decay);
  if (num_averaged_ < values.size()) at::_foreach_copy_(averages.slice(num_averaged_), values.slice(num_averaged_));
}

void Ema::swap() {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const auto value = values_[i].detach();
    const auto held = value.alias();
    values_[i].set_data(averages_[i]);
    averages_[i] = held;
  }
}

NamedTensors Ema::state() const {
  NamedTensors state;
  for (std::size_t i = 0; i < names_.size(); ++i) state.emplace_back(names_[i], averages_[i]);
  return state;
}

}  // namespace assay::train
