#pragma once

#include "config/schema.h"
#include "models/model.h"

/// Ends the file of a model: defines the function that registry.def's line MODEL(name) calls.
/// `Class` is constructed from (Options, num_classes, at::Generator), from which it draws its weights.
#define ASSAY_MODEL(name, Class, Options)                                                                            \
  std::shared_ptr<Model> make_##name(const config::Section& section, std::int64_t num_classes, std::uint64_t seed) { \
    return std::make_shared<Class>(config::read_options<Options>(section), num_classes,                              \
                                   at::detail::createCPUGenerator(seed));                                            \
  }
