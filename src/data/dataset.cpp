#include "data/dataset.h"

#include "config/plugins.h"
#include "data/plugin.h"

namespace assay::data {
namespace {

#define DATASET(name) {#name, make_dataset_##name},
const std::vector<config::Plugin<std::unique_ptr<Dataset> (*)(const config::Section&)>> kDatasets = {
#include "data/registry.def"
};
#undef DATASET

}  // namespace

std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  for (const auto& dataset : kDatasets) names.push_back(dataset.name);
  return names;
}

std::unique_ptr<Dataset> make_dataset(const config::Section& section) {
  config::Table own = section.table();
  own.erase("loader");
  own.erase("augment");
  return config::find_plugin(kDatasets, section)(config::Section(own, section.path(), section.origin()));
}

}  // namespace assay::data
