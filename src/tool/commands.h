#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace assay::tool {

/// Runs a subcommand after its options have been parsed; returns the exit code.
using Action = std::function<int()>;

/// Adds `assay report` to the command line; sets `action` if it is chosen.
void add_report_command(CLI::App& app, Action& action);

/// Adds `assay sync` in the same way.
void add_sync_command(CLI::App& app, Action& action);

/// Adds `assay mlflow-check` in the same way.
void add_mlflow_check_command(CLI::App& app, Action& action);

/// Adds `assay docs-config` in the same way.
void add_docs_command(CLI::App& app, Action& action);

}  // namespace assay::tool
