#pragma once

#include <optional>
#include <string>

#include "app/command_line.h"
#include "config/files.h"

namespace assay::app {

/// Answers --cfg, --info, --explain and what completion asks: returns the text to print, or nothing when none was asked
/// for. Composes what they need and starts nothing. Errors: Error(kConfig).
std::optional<std::string> inspect(const CommandLine& command_line, config::ConfigFiles& files,
                                   const std::string& primary, const std::vector<config::FieldHelp>& options);

}  // namespace assay::app
