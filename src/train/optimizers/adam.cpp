#include "train/optimizers/adam.h"

#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>

#include "train/optimizers/plugin.h"

namespace assay::train {

void Adam::make_counters() {
  for (const auto& group : groups()) {
    const auto device = parameters_[group.members.front()].value.device();
    num_steps_.push_back(at::zeros({}, at::TensorOptions(device).dtype(at::kFloat)));
  }
}

void Adam::begin_step(std::size_t group) { num_steps_[group] += 1; }

void Adam::update(TensorLists& lists, double learning_rate, double weight_decay) {
  const std::vector<at::Tensor> counters(lists.values.size(), num_steps_[lists.group]);
  const auto apply = [&](auto kernel) {
    kernel(lists.values, lists.gradients, lists.state[0], lists.state[1], /*max_exp_avg_sqs=*/at::TensorList(),
           counters, learning_rate, beta1_, beta2_, weight_decay, eps_, /*amsgrad=*/false, /*maximize=*/false);
  };
  if (decay_kind_ == DecayKind::kPenalty) {
    apply([](auto&&... arguments) { at::_fused_adam_(arguments...); });
  } else {
    apply([](auto&&... arguments) { at::_fused_adamw_(arguments...); });
  }
}

NamedTensors Adam::state() const {
  auto tensors = ListOptimizer::state();
  for (std::size_t i = 0; i < num_steps_.size(); ++i) {
    const auto& name = groups()[i].name;
    tensors.emplace_back(name.empty() ? "num_steps" : "num_steps." + name, num_steps_[i]);
  }
  return tensors;
}

ASSAY_OPTIMIZER(adam, Adam, AdamPenaltyOptions)

}  // namespace assay::train
