#pragma once

#include <memory>

#include "config/plugins.h"
#include "config/schema.h"
#include "data/dataset.h"

/// Ends the file of a data set: defines what its line DATASET(name) in registry.def refers to.
/// `Class` is constructed from its Options.
#define ASSAY_DATASET(name, Class, Options)                                           \
  DatasetPlugin dataset_##name() {                                                    \
    return {#name,                                                                    \
            [](const config::Section& section) -> std::unique_ptr<Dataset> {          \
              return std::make_unique<Class>(config::read_options<Options>(section)); \
            },                                                                        \
            config::describe<Options>};                                               \
  }

namespace assay::data {

using DatasetPlugin = config::Plugin<std::unique_ptr<Dataset> (*)(const config::Section& section)>;

#define DATASET(name) DatasetPlugin dataset_##name();
#include "data/registry.def"
#undef DATASET

}  // namespace assay::data
