#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/option.h"
#include "config/section.h"

namespace assay::train {

/// One trainable tensor. Those of one group have a gradient in the same steps.
struct Parameter {
  std::string name;  ///< dotted, as in PyTorch's state_dict: "features.0.0.weight"
  at::Tensor value;
  std::string group = {};    ///< empty for those that are not told apart
  double rate_factor = 1.0;  ///< on the learning rate; the same for the whole group
};

/// Lists the parameters of a module in the order of their registration.
std::vector<Parameter> named_parameters(const torch::nn::Module& module);

/// Names of the tensors of a state to be saved.
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Updates weights from their gradients.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// Takes one step with the base learning rate times `factor`; parameters without a gradient do not change.
  virtual void step(double factor) = 0;

  /// Returns the base learning rate.
  virtual double learning_rate() const = 0;

  /// Returns the state tensors from which a new optimizer continues ("momentum.features.0.0.weight"). They are the live
  /// tensors and exist from construction on, so restoring means copying into them. Each call gives the same names in
  /// the same order.
  virtual NamedTensors state() const = 0;

  /// Clears the gradients.
  void zero_grad();

 protected:
  explicit Optimizer(std::vector<Parameter> parameters) : parameters_(std::move(parameters)) {}

  std::vector<Parameter> parameters_;
};

/// Makes the optimizer named by the section for the given parameters.
/// Errors: Error(kConfig) for an unknown name (the nearest is suggested) or an option out of range.
std::unique_ptr<Optimizer> make_optimizer(const config::Section& section, std::vector<Parameter> parameters);

/// Describes all optimizers, for the schema of the option that chooses among them.
std::vector<config::PluginOptions> describe_optimizers();

}  // namespace assay::train
