#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/catalogue.h"

namespace assay::front {

/// What to print about the configuration instead of running; empty: nothing.
struct Inspection {
  std::string config;               ///< "job" (as composed) or "resolved"
  std::string info;                 ///< "defaults", "searchpath" or "sweep"
  std::string explain;              ///< a key
  std::string shell;                ///< print the completion script for this shell: "bash", "zsh" or "fish"
  std::optional<std::string> word;  ///< to complete
};

/// The parsed command line of an experiment.
struct CommandLine {
  std::vector<std::filesystem::path> config_dirs;  ///< the search path; the first folder that has a file counts
  std::vector<std::string> overrides;
  Inspection inspection;
  bool force = false;
  bool multirun = false;
  bool dry_run = false;
  bool data_check = false;
  bool summary = false;
  std::string text;  ///< as typed, quoted for a shell
};

/// Parses the command line. Handles --help and --version itself and then returns the exit code instead.
/// Usage errors are printed to stderr as well and give exit code 2.
std::optional<int> parse_command_line(int argc, char** argv, const config::Catalogue& catalogue,
                                      CommandLine& command_line);

}  // namespace assay::front
