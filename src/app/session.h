#pragma once

#include <vector>

#include "app/run_main.h"
#include "config/files.h"
#include "config/grammar.h"
#include "front/command_line.h"

namespace assay::app::detail {

/// Composes, checks and runs one configuration, none of whose overrides is a sweep; whatever goes wrong is told on
/// stderr. Returns the exit code of run_main().
int run_session(const AnyExperiment& experiment, const front::CommandLine& command_line, config::ConfigFiles& files,
                const std::vector<config::Override>& overrides);

/// Composes and checks one configuration without running it, as far as that goes without computing.
/// Errors: Error(kConfig), Error(kData).
void check_session(const AnyExperiment& experiment, config::ConfigFiles& files,
                   const std::vector<config::Override>& overrides);

}  // namespace assay::app::detail
