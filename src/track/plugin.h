#pragma once

#include "config/schema.h"
#include "track/tracker.h"

/// Makes a class a backend: BACKEND(name) in registry.def, and this in the backend's own file.
/// The class is constructed from its options, already checked, and the section they came from.
#define ASSAY_BACKEND(name, Backend, Options)                                          \
  std::unique_ptr<Tracker> make_##name##_backend(const config::Section& section) {     \
    return std::make_unique<Backend>(config::read_options<Options>(section), section); \
  }

namespace assay::track {

#define BACKEND(name) std::unique_ptr<Tracker> make_##name##_backend(const config::Section& section);
#include "track/registry.def"
#undef BACKEND

}  // namespace assay::track
