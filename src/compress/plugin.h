#pragma once

#include <memory>

#include "compress/step.h"
#include "config/plugins.h"
#include "config/schema.h"

/// Ends the file of a step: defines what its line STEP(name) in registry.def refers to.
/// `Class` is constructed from its Options.
#define ASSAY_STEP(name, Class, Options)                                              \
  StepPlugin step_##name() {                                                          \
    return {#name,                                                                    \
            [](const config::Section& section) -> std::unique_ptr<Step> {             \
              return std::make_unique<Class>(config::read_options<Options>(section)); \
            },                                                                        \
            config::describe<Options>};                                               \
  }

namespace assay::compress {

using StepPlugin = config::Plugin<std::unique_ptr<Step> (*)(const config::Section& section)>;

#define STEP(name) StepPlugin step_##name();
#include "compress/registry.def"
#undef STEP

}  // namespace assay::compress
