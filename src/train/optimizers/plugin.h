#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "config/schema.h"
#include "train/optimizers/optimizer.h"

/// Ends the file of an optimizer: defines what its line OPTIMIZER(name) in registry.def refers to.
/// `Type` is constructed from (Options, parameters).
#define ASSAY_OPTIMIZER(name, Type, Options)                                                      \
  std::unique_ptr<Optimizer> make_optimizer_##name(const config::Section& section,                \
                                                   std::vector<at::Tensor> parameters) {          \
    return std::make_unique<Type>(config::read_options<Options>(section), std::move(parameters)); \
  }
