#include "train/optimizers/optimizer.h"

#include "config/plugins.h"

namespace assay::train {

void Optimizer::zero_grad() {
  for (auto& parameter : parameters_) parameter.mutable_grad().reset();
}

#define OPTIMIZER(name) \
  std::unique_ptr<Optimizer> make_optimizer_##name(const config::Section&, std::vector<at::Tensor>);
#include "train/optimizers/registry.def"
#undef OPTIMIZER

std::unique_ptr<Optimizer> make_optimizer(const config::Section& section, std::vector<at::Tensor> parameters) {
  using Make = std::unique_ptr<Optimizer> (*)(const config::Section&, std::vector<at::Tensor>);
  static const std::vector<config::Plugin<Make>> plugins = {
#define OPTIMIZER(name) {#name, make_optimizer_##name},
#include "train/optimizers/registry.def"
#undef OPTIMIZER
  };
  return config::find_plugin(plugins, section)(section, std::move(parameters));
}

}  // namespace assay::train
