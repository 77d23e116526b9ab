#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/catalogue.h"

namespace assay::front {

/// Says what to show of the configuration instead of running; empty: nothing.
struct Inspection {
  std::string config;               ///< "job" (as composed) or "resolved"
  std::string info;                 ///< "defaults", "searchpath" or "sweep"
  std::string explain;              ///< a key
  std::string shell;                ///< "bash", "zsh" or "fish": the completion script for it
  std::optional<std::string> word;  ///< to complete
};

/// Is what was asked for on the command line of an experiment.
struct CommandLine {
  std::vector<std::filesystem::path> config_dirs;  ///< the search path; the first that has a file counts
  std::vector<std::string> overrides;
  Inspection inspection;
  bool force = false;
  bool multirun = false;
  bool dry_run = false;
  std::string text;  ///< as typed, quoted for a shell
};

/// Parses the command line. Answers --help and --version itself and then returns the exit code instead.
/// Usage errors are told on stderr, too, and give exit code 2.
std::optional<int> parse_command_line(int argc, char** argv, const config::Catalogue& catalogue,
                                      CommandLine& command_line);

}  // namespace assay::front
