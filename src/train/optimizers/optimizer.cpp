#include "train/optimizers/optimizer.h"

#include "train/optimizers/plugin.h"

namespace assay::train {

void Optimizer::zero_grad() {
  for (auto& parameter : parameters_) parameter.mutable_grad().reset();
}

namespace {

const std::vector<OptimizerPlugin>& optimizers() {
  static const std::vector<OptimizerPlugin> kPlugins = {
#define OPTIMIZER(name) optimizer_##name(),
#include "train/optimizers/registry.def"
#undef OPTIMIZER
  };
  return kPlugins;
}

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const config::Section& section, std::vector<at::Tensor> parameters) {
  return config::find_plugin(optimizers(), section)(section, std::move(parameters));
}

std::vector<config::PluginOptions> describe_optimizers() { return config::describe_plugins(optimizers()); }

}  // namespace assay::train
