#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/schema.h"

namespace assay::app {

/// Is what was asked for on the command line of an experiment.
struct CommandLine {
  std::filesystem::path config_dir;
  std::vector<std::string> overrides;
  bool force = false;
  std::string text;  ///< as typed, quoted for a shell
};

/// Parses the command line. Answers --help and --version itself and then returns the exit code instead.
/// Usage errors are told on stderr, too, and give exit code 2.
std::optional<int> parse_command_line(int argc, char** argv, const std::string& name, const std::string& summary,
                                      const std::vector<config::FieldHelp>& options, CommandLine& command_line);

}  // namespace assay::app
