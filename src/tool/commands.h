#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace assay::tool {

/// Does the work of a subcommand once its options are parsed; returns the exit code.
using Action = std::function<int()>;

/// Adds `assay report` to the command line; `action` is set when it is the one chosen.
void add_report_command(CLI::App& app, Action& action);

/// Adds `assay sync`, likewise.
void add_sync_command(CLI::App& app, Action& action);

/// Adds `assay mlflow-check`, likewise.
void add_mlflow_check_command(CLI::App& app, Action& action);

/// Adds `assay docs-config`, likewise.
void add_docs_command(CLI::App& app, Action& action);

}  // namespace assay::tool
