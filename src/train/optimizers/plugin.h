#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "config/plugins.h"
#include "config/schema.h"
#include "train/optimizers/optimizer.h"

/// Ends the file of an optimizer: defines the functions that its line OPTIMIZER(name) in registry.def declares.
/// `Class` is constructed from (Options, parameters).
#define ASSAY_OPTIMIZER(name, Class, Options)                                                                     \
  OptimizerPlugin optimizer_##name() {                                                                            \
    return {#name,                                                                                                \
            [](const config::Section& section, std::vector<Parameter> parameters) -> std::unique_ptr<Optimizer> { \
              return std::make_unique<Class>(config::read_options<Options>(section), std::move(parameters));      \
            },                                                                                                    \
            config::describe<Options>};                                                                           \
  }

namespace assay::train {

using OptimizerPlugin =
    config::Plugin<std::unique_ptr<Optimizer> (*)(const config::Section& section, std::vector<Parameter> parameters)>;

#define OPTIMIZER(name) OptimizerPlugin optimizer_##name();
#include "train/optimizers/registry.def"
#undef OPTIMIZER

}  // namespace assay::train
