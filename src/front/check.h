#pragma once

#include "config/catalogue.h"
#include "config/files.h"
#include "front/command_line.h"
#include "front/configuration.h"

namespace assay::front {

/// Composes, resolves and validates the requested run; for a sweep every run, before the first one starts.
/// Errors: Error(kConfig) listing every mistake; for a sweep those of the first ten faulty runs, each with the run's
/// number and overrides.
void check_runs(const CommandLine& command_line, config::ConfigFiles& files, const config::Catalogue& catalogue,
                const Resolvers& resolvers);

/// Checks all runs of a sweep with `check_run`, which throws Error(kConfig) for a mistake.
/// Errors: Error(kConfig) listing the runs that cannot start, each with its error.
void check_each(const std::vector<std::vector<config::Override>>& runs,
                const std::function<void(const std::vector<config::Override>& overrides)>& check_run);

}  // namespace assay::front
