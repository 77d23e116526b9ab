#include "compress/technique.h"

#include "compress/plugin.h"

namespace assay::compress {

namespace {

const std::vector<TechniquePlugin>& techniques() {
  static const std::vector<TechniquePlugin> kPlugins = {
#define TECHNIQUE(name) technique_##name(),
#include "compress/registry.def"
#undef TECHNIQUE
  };
  return kPlugins;
}

}  // namespace

std::unique_ptr<Technique> make_technique(const config::Section& section) {
  return config::find_plugin(techniques(), section)(section);
}

std::vector<config::PluginOptions> describe_techniques() { return config::describe_plugins(techniques()); }

}  // namespace assay::compress
