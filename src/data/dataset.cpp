#include "data/dataset.h"

#include "data/loading.h"
#include "data/plugin.h"

namespace assay::data {
namespace {

const std::vector<DatasetPlugin>& datasets() {
  static const std::vector<DatasetPlugin> kPlugins = {
#define DATASET(name) dataset_##name(),
#include "data/registry.def"
#undef DATASET
  };
  return kPlugins;
}

}  // namespace

std::vector<config::PluginOptions> describe_datasets() {
  auto described = config::describe_plugins(datasets());
  const auto shared = config::describe<LoadingOptions>();
  for (auto& dataset : described) dataset.options.insert(dataset.options.end(), shared.begin(), shared.end());
  return described;
}

std::unique_ptr<Dataset> make_dataset(const config::Section& section) {
  config::Table own = section.table();
  for (const auto& shared : config::describe<LoadingOptions>()) own.erase(shared.key);
  return config::find_plugin(datasets(), section)(config::Section(own, section.path(), section.origin()));
}

}  // namespace assay::data
