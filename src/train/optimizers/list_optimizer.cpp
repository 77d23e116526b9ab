#include "train/optimizers/list_optimizer.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/error.h"

namespace assay::train {

ListOptimizer::ListOptimizer(std::vector<Parameter> parameters, double learning_rate, Decay decay,
                             std::vector<std::string> state_names)
    : Optimizer(std::move(parameters)),
      learning_rate_(learning_rate),
      decay_(decay),
      state_names_(std::move(state_names)),
      state_(state_names_.size()) {
  for (auto& tensors : state_)
    for (const auto& parameter : parameters_) tensors.push_back(torch::zeros_like(parameter.value));
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto& parameter = parameters_[i];
    auto group = std::find_if(groups_.begin(), groups_.end(),
                              [&parameter](const Group& one) { return one.name == parameter.group; });
    if (group == groups_.end()) group = groups_.insert(group, {parameter.group, parameter.rate_factor, {}});
    ASSAY_CHECK(group->rate_factor == parameter.rate_factor);
    group->members.push_back(i);
  }
}

void ListOptimizer::step(double factor) {
  const torch::NoGradGuard no_grad;
  for (std::size_t group = 0; group < groups_.size(); ++group) step_group(group, factor);
}

void ListOptimizer::step_group(std::size_t group, double factor) {
  const std::vector<std::vector<at::Tensor>> no_state(state_.size());
  TensorLists decaying{{}, {}, no_state, group};
  TensorLists lasting{{}, {}, no_state, group};
  for (const auto i : groups_[group].members) {
    const auto& value = parameters_[i].value;
    if (!value.grad().defined()) continue;
    auto& lists = decay_.norms_and_biases || value.dim() > 1 ? decaying : lasting;
    lists.values.push_back(value);
    lists.gradients.push_back(value.grad());
    for (std::size_t s = 0; s < state_.size(); ++s) lists.state[s].push_back(state_[s][i]);
  }
  if (decaying.values.empty() && lasting.values.empty()) return;
  begin_step(group);
  const auto rate = learning_rate_ * factor * groups_[group].rate_factor;
  if (!decaying.values.empty()) update(decaying, rate, decay_.rate);
  if (!lasting.values.empty()) update(lasting, rate, 0.0);
}

NamedTensors ListOptimizer::state() const {
  NamedTensors tensors;
  for (std::size_t s = 0; s < state_.size(); ++s)
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      tensors.emplace_back(state_names_[s] + "." + parameters_[i].name, state_[s][i]);
  return tensors;
}

}  // namespace assay::train
