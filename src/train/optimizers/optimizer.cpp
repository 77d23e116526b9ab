#include "train/optimizers/optimizer.h"

#include "train/optimizers/plugin.h"

namespace assay::train {

std::vector<Parameter> named_parameters(const torch::nn::Module& module) {
  std::vector<Parameter> parameters;
  for (const auto& item : module.named_parameters()) parameters.push_back({item.key(), item.value()});
  return parameters;
}

void Optimizer::zero_grad() {
  for (auto& parameter : parameters_) parameter.value.mutable_grad().reset();
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

std::unique_ptr<Optimizer> make_optimizer(const config::Section& section, std::vector<Parameter> parameters) {
  return config::find_plugin(optimizers(), section)(section, std::move(parameters));
}

std::vector<config::PluginOptions> describe_optimizers() { return config::describe_plugins(optimizers()); }

}  // namespace assay::train
