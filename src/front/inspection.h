#pragma once

#include <string>

#include "config/catalogue.h"
#include "config/files.h"
#include "front/command_line.h"
#include "front/configuration.h"

namespace assay::front {

/// Tells whether the command line asks for something to be shown instead of a run.
bool is_asked(const Inspection& inspection);

/// Answers --cfg, --info, --explain and what completion asks: returns the text to print. Composes what they need and
/// starts nothing. Errors: Error(kConfig).
std::string inspect(const CommandLine& command_line, config::ConfigFiles& files, const config::Catalogue& catalogue,
                    const Resolvers& resolvers);

}  // namespace assay::front
