#pragma once

#include <string>
#include <vector>

#include "config/compose.h"

namespace assay::app {

/// Is the configuration of one run, before and after `${...}` were replaced.
struct Configuration {
  config::Composition composition;
  config::Table resolved;
};

/// Composes and resolves. Overrides may set keys that no file sets: reading the options tells which there are.
/// `${assay.cores:}`, `${assay.commit:}` and `${assay.device:}` are known beside the resolvers of config/resolve.h.
/// Errors: Error(kConfig) listing every mistake.
Configuration configure(config::ConfigFiles& files, const std::string& primary,
                        const std::vector<config::Override>& overrides);

}  // namespace assay::app
