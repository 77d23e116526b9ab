#pragma once

#include "config/catalogue.h"
#include "config/files.h"
#include "front/command_line.h"
#include "front/configuration.h"

namespace assay::front {

/// Composes, resolves and validates what the command line asks to run; of a sweep every run, before the first begins.
/// Errors: Error(kConfig) listing every mistake; of a sweep those of the first ten runs that have some, each with the
/// run's number and overrides.
void check_runs(const CommandLine& command_line, config::ConfigFiles& files, const config::Catalogue& catalogue,
                const Resolvers& resolvers);

/// Checks all runs of a sweep by `check_run`, which throws Error(kConfig) for a mistake.
/// Errors: Error(kConfig) listing the runs that cannot start, each with what it threw.
void check_each(const std::vector<std::vector<config::Override>>& runs,
                const std::function<void(const std::vector<config::Override>& overrides)>& check_run);

}  // namespace assay::front
