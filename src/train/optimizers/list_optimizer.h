#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/schema.h"
#include "train/optimizers/optimizer.h"

namespace assay::train {

/// How much the weights decay, and which ones.
struct Decay {
  double rate;
  bool norms_and_biases;
};

/// Declares the option `weight_decay`; `help` describes its kind.
template <typename Options>
auto weight_decay_field(std::string_view help) {
  return config::field("weight_decay", &Options::weight_decay, config::between(0.0, 1.0), help);
}

/// Declares the option `decay_norms_and_biases`.
template <typename Options>
auto decay_norms_and_biases_field() {
  return config::field("decay_norms_and_biases", &Options::decay_norms_and_biases,
                       "whether parameters of at most one dimension decay too");
}

/// Tensors of several parameters as lists, the form that fused and foreach kernels take.
struct TensorLists {
  std::vector<at::Tensor> values;
  std::vector<at::Tensor> gradients;
  std::vector<std::vector<at::Tensor>> state;  ///< one list for each state name
  std::size_t group = 0;                       ///< to which the parameters belong, in the order of groups()
};

/// An optimizer whose state is tensors of each parameter's shape, and which changes all parameters of a group at once.
class ListOptimizer : public Optimizer {
 public:
  void step(double factor) final;
  double learning_rate() const final { return learning_rate_; }
  NamedTensors state() const override;

 protected:
  /// Parameters that share a learning rate, and have a gradient in the same steps.
  struct Group {
    std::string name;
    double rate_factor;
    std::vector<std::size_t> members;  ///< indices into the parameters
  };

  /// Creates zeros for each of `state_names` and each parameter.
  ListOptimizer(std::vector<Parameter> parameters, double learning_rate, Decay decay,
                std::vector<std::string> state_names);

  /// Does the work needed once per step and group, before any of its parameters changes. A group without gradients
  /// takes no step.
  virtual void begin_step(std::size_t /*group*/) {}

  /// Changes the parameters; there is at least one, and all have a gradient.
  virtual void update(TensorLists& lists, double learning_rate, double weight_decay) = 0;

  const std::vector<Group>& groups() const { return groups_; }

 private:
  void step_group(std::size_t group, double factor);

  std::vector<Group> groups_;
  double learning_rate_;
  Decay decay_;
  std::vector<std::string> state_names_;
  std::vector<std::vector<at::Tensor>> state_;  ///< by name, then by parameter
};

}  // namespace assay::train
