#pragma once

#include <memory>

#include "compress/technique.h"
#include "config/plugins.h"
#include "config/schema.h"

/// Ends the file of a technique: defines what its line TECHNIQUE(name) in registry.def refers to.
/// `Class` is constructed from its Options.
#define ASSAY_TECHNIQUE(name, Class, Options)                                         \
  TechniquePlugin technique_##name() {                                                \
    return {#name,                                                                    \
            [](const config::Section& section) -> std::unique_ptr<Technique> {        \
              return std::make_unique<Class>(config::read_options<Options>(section)); \
            },                                                                        \
            config::describe<Options>};                                               \
  }

namespace assay::compress {

using TechniquePlugin = config::Plugin<std::unique_ptr<Technique> (*)(const config::Section& section)>;

#define TECHNIQUE(name) TechniquePlugin technique_##name();
#include "compress/registry.def"
#undef TECHNIQUE

}  // namespace assay::compress
