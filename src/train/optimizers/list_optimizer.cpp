#include "train/optimizers/list_optimizer.h"

#include <torch/torch.h>

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
}

void ListOptimizer::step(double factor) {
  const torch::NoGradGuard no_grad;
  begin_step();
  const std::vector<std::vector<at::Tensor>> no_state(state_.size());
  TensorLists decaying{{}, {}, no_state};
  TensorLists lasting{{}, {}, no_state};
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto& value = parameters_[i].value;
    if (!value.grad().defined()) continue;
    auto& lists = decay_.norms_and_biases || value.dim() > 1 ? decaying : lasting;
    lists.values.push_back(value);
    lists.gradients.push_back(value.grad());
    for (std::size_t s = 0; s < state_.size(); ++s) lists.state[s].push_back(state_[s][i]);
  }
  const auto rate = learning_rate_ * factor;
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
