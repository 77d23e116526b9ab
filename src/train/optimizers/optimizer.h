#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/option.h"
#include "config/section.h"

namespace assay::train {

/// Is one tensor that training changes.
struct Parameter {
  std::string name;  ///< dotted, as in PyTorch's state_dict: "features.0.0.weight"
  at::Tensor value;
};

/// Lists the parameters of a module in the order of their registration.
std::vector<Parameter> named_parameters(const torch::nn::Module& module);

/// Names the tensors of a state that is to be saved.
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Changes weights by their gradients.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// Takes one step with the base learning rate times `factor`; parameters without a gradient stay as they are.
  virtual void step(double factor) = 0;

  /// Returns the base learning rate.
  virtual double learning_rate() const = 0;

  /// Returns the tensors by which an optimizer made anew goes on where this one stands
  /// ("momentum.features.0.0.weight"): the live ones, which exist from construction on, so that restoring is copying
  /// into them. Each call gives the same names in the same order.
  virtual NamedTensors state() const = 0;

  /// Forgets the gradients.
  void zero_grad();

 protected:
  explicit Optimizer(std::vector<Parameter> parameters) : parameters_(std::move(parameters)) {}

  std::vector<Parameter> parameters_;
};

/// Makes the optimizer that the section names for the given parameters.
/// Errors: Error(kConfig) for an unknown name (the nearest is suggested) or an option out of range.
std::unique_ptr<Optimizer> make_optimizer(const config::Section& section, std::vector<Parameter> parameters);

/// Describes all optimizers, for the schema of what chooses among them.
std::vector<config::PluginOptions> describe_optimizers();

}  // namespace assay::train
