#pragma once

#include <memory>

#include "config/plugins.h"
#include "config/schema.h"
#include "models/model.h"

/// Ends the file of a model: defines what its line MODEL(name) in registry.def refers to.
/// `Class` is constructed from (Options, num_classes, at::Generator), from which it draws its weights.
#define ASSAY_MODEL(name, Class, Options)                                                                            \
  ModelPlugin model_##name() {                                                                                       \
    return {                                                                                                         \
        #name,                                                                                                       \
        [](const config::Section& section, std::int64_t num_classes, std::uint64_t seed) -> std::shared_ptr<Model> { \
          return std::make_shared<Class>(config::read_options<Options>(section), num_classes,                        \
                                         at::detail::createCPUGenerator(seed));                                      \
        },                                                                                                           \
        config::describe<Options>};                                                                                  \
  }

namespace assay::models {

using ModelPlugin = config::Plugin<std::shared_ptr<Model> (*)(const config::Section& section, std::int64_t num_classes,
                                                              std::uint64_t seed)>;

#define MODEL(name) ModelPlugin model_##name();
#include "models/registry.def"
#undef MODEL

}  // namespace assay::models
