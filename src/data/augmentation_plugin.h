#pragma once

#include <memory>

#include "config/plugins.h"
#include "config/schema.h"
#include "data/augmentation.h"

/// Ends the file of an augmentation: defines what its line AUGMENTATION(name) in augmentations.def refers to.
/// `Class` is constructed from its Options.
#define ASSAY_AUGMENTATION(name, Class, Options)                                      \
  AugmentationPlugin augmentation_##name() {                                          \
    return {#name,                                                                    \
            [](const config::Section& section) -> std::unique_ptr<Augmentation> {     \
              return std::make_unique<Class>(config::read_options<Options>(section)); \
            },                                                                        \
            config::describe<Options>};                                               \
  }

namespace assay::data {

using AugmentationPlugin = config::Plugin<std::unique_ptr<Augmentation> (*)(const config::Section& section)>;

#define AUGMENTATION(name) AugmentationPlugin augmentation_##name();
#include "data/augmentations.def"
#undef AUGMENTATION

}  // namespace assay::data
