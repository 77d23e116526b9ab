#pragma once

#include <string>

#include "config/catalogue.h"
#include "config/files.h"
#include "front/command_line.h"
#include "front/configuration.h"

namespace assay::front {

/// Returns whether the command line asks to print something instead of running.
bool is_asked(const Inspection& inspection);

/// Answers --cfg, --info, --explain and completion requests: returns the text to print. Composes what they need and
/// starts nothing. Errors: Error(kConfig).
std::string inspect(const CommandLine& command_line, config::ConfigFiles& files, const config::Catalogue& catalogue,
                    const Resolvers& resolvers);

}  // namespace assay::front
