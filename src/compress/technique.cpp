#include "compress/technique.h"

#include "config/plugins.h"

namespace assay::compress {

#define TECHNIQUE(name) std::unique_ptr<Technique> make_##name(const config::Section& section);
#include "compress/registry.def"
#undef TECHNIQUE

std::unique_ptr<Technique> make_technique(const config::Section& section) {
  using Make = std::unique_ptr<Technique> (*)(const config::Section&);
  static const std::vector<config::Plugin<Make>> techniques = {
#define TECHNIQUE(name) {#name, make_##name},
#include "compress/registry.def"
#undef TECHNIQUE
  };
  return config::find_plugin(techniques, section)(section);
}

}  // namespace assay::compress
