#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "config/option.h"
#include "config/section.h"

namespace assay::train {

/// Changes weights by their gradients.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// Takes one step with the base learning rate times `factor`; parameters without a gradient stay as they are.
  virtual void step(double factor) = 0;

  /// Returns the base learning rate.
  virtual double learning_rate() const = 0;

  /// Forgets the gradients.
  void zero_grad();

 protected:
  explicit Optimizer(std::vector<at::Tensor> parameters) : parameters_(std::move(parameters)) {}

  std::vector<at::Tensor> parameters_;
};

/// Makes the optimizer that the section names for the given parameters.
/// Errors: Error(kConfig) for an unknown name (the nearest is suggested) or an option out of range.
std::unique_ptr<Optimizer> make_optimizer(const config::Section& section, std::vector<at::Tensor> parameters);

/// Describes all optimizers, for the schema of what chooses among them.
std::vector<config::PluginOptions> describe_optimizers();

}  // namespace assay::train
