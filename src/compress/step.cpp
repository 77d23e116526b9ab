#include "compress/step.h"

#include <fmt/format.h>

#include "compress/plugin.h"
#include "core/error.h"

namespace assay::compress {
namespace {

const std::vector<StepPlugin>& steps() {
  static const std::vector<StepPlugin> kPlugins = {
#define STEP(name) step_##name(),
#include "compress/registry.def"
#undef STEP
  };
  return kPlugins;
}

}  // namespace

models::Model& float_network(const StepInput& input, const std::string& step) {
  if (!input.network.quantized) return *input.network.model;
  throw Error(ErrorKind::kConfig, fmt::format("{}: the network is quantized already", step), "",
              "put this step before the one that quantizes");
}

std::unique_ptr<Step> make_step(const config::Section& section) {
  return config::find_plugin(steps(), section)(section);
}

std::vector<config::PluginOptions> describe_steps() { return config::describe_plugins(steps()); }

}  // namespace assay::compress
