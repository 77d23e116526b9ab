#pragma once

#include "compress/technique.h"
#include "config/schema.h"

/// Ends the file of a technique: defines the function that registry.def's line TECHNIQUE(name) calls.
/// `Class` is constructed from its Options.
#define ASSAY_TECHNIQUE(name, Class, Options)                               \
  std::unique_ptr<Technique> make_##name(const config::Section& section) {  \
    return std::make_unique<Class>(config::read_options<Options>(section)); \
  }
