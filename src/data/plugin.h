#pragma once

#include <memory>

#include "config/schema.h"
#include "data/dataset.h"

/// Ends the file of a data set: defines what its line in registry.def refers to. `Type` is made from `Options`.
#define ASSAY_DATASET(name, Type, Options)                                       \
  std::unique_ptr<Dataset> make_dataset_##name(const config::Section& section) { \
    return std::make_unique<Type>(config::read_options<Options>(section));       \
  }

namespace assay::data {

#define DATASET(name) std::unique_ptr<Dataset> make_dataset_##name(const config::Section& section);
#include "data/registry.def"
#undef DATASET

}  // namespace assay::data
