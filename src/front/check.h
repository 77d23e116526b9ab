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

}  // namespace assay::front
