#pragma once

#include <string>
#include <vector>

#include "config/catalogue.h"
#include "config/compose.h"
#include "config/resolve.h"

namespace assay::front {

/// The configuration of one run, before and after `${...}` were replaced.
struct Configuration {
  config::Composition composition;
  config::Table resolved;
};

using Resolvers = std::map<std::string, config::Resolver>;

/// Returns the resolvers `${assay.commit:}`, `${assay.cores:}` and `${assay.device:}`. The machine is queried only if a
/// configuration uses them, since finding a device takes a while.
Resolvers make_resolvers(const std::function<std::int64_t()>& count_cores,
                         const std::function<std::string()>& name_device);

/// Composes the configuration; options set by no file and no override get their defaults. Overrides may set keys that
/// no file sets; validation rejects unknown ones. Errors: Error(kConfig).
config::Composition compose(config::ConfigFiles& files, const config::Catalogue& catalogue,
                            const std::vector<config::Override>& overrides);

/// Composes and resolves. Errors: Error(kConfig) listing every mistake.
Configuration configure(config::ConfigFiles& files, const config::Catalogue& catalogue,
                        const std::vector<config::Override>& overrides, const Resolvers& resolvers);

}  // namespace assay::front
