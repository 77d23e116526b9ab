#pragma once

#include <memory>

#include "config/plugins.h"
#include "config/schema.h"
#include "track/tracker.h"

/// Ends the file of a backend: defines what its line BACKEND(name) in registry.def refers to.
/// `Class` is constructed from its Options, already checked, and the section they came from.
#define ASSAY_BACKEND(name, Class, Options)                                                    \
  BackendPlugin backend_##name() {                                                             \
    return {#name,                                                                             \
            [](const config::Section& section) -> std::unique_ptr<Tracker> {                   \
              return std::make_unique<Class>(config::read_options<Options>(section), section); \
            },                                                                                 \
            config::describe<Options>};                                                        \
  }

namespace assay::track {

inline constexpr const char* kSourceUntrackedHelp =
    "send text files that Git does not track with source.diff, instead of their names and SHA-256";

using BackendPlugin = config::Plugin<std::unique_ptr<Tracker> (*)(const config::Section& section)>;

#define BACKEND(name) BackendPlugin backend_##name();
#include "track/registry.def"
#undef BACKEND

}  // namespace assay::track
