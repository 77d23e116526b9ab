// assay report: records -> report.md and report.html.

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "core/error.h"
#include "core/terminal.h"
#include "report/generate.h"
#include "report/mlflow_source.h"
#include "tool/commands.h"

namespace assay::tool {
namespace {

struct ReportOptions {
  std::vector<std::filesystem::path> sources = {"runs"};
  std::filesystem::path out = "build/report";
  std::string experiment;
  std::string tracking_uri;
};

int run_report(const ReportOptions& options) {
  const auto loaded = options.experiment.empty()
                          ? report::load_records(options.sources)
                          : report::load_records_from_mlflow(options.experiment, options.tracking_uri);
  for (const auto& record : loaded.unreadable) print_status("assay: skipped {}: {}\n", record.origin, record.reason);
  const auto generated = report::generate_report(loaded, options.out);
  for (const auto& warning : generated.warnings) print_status("assay: {}\n", warning);
  fmt::print("{}\n{}\n", generated.markdown.string(), generated.html.string());
  return loaded.unreadable.empty() ? 0 : static_cast<int>(ErrorKind::kData);
}

}  // namespace

void add_report_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<ReportOptions>();
  auto* command =
      app.add_subcommand("report", "Write report.md and a self-contained report.html from the records of runs");
  auto* sources =
      command->add_option("SOURCES", options->sources, "run folders, or record.json files")->capture_default_str();
  command->add_option("--out", options->out, "output folder")->capture_default_str();
  auto* experiment =
      command->add_option("--from-mlflow", options->experiment, "read the records of this MLflow experiment instead");
  experiment->excludes(sources);
  command
      ->add_option("--tracking-uri", options->tracking_uri,
                   "address of the MLflow server (default: $MLFLOW_TRACKING_URI, else local)")
      ->needs(experiment);
  command->callback([options, &action] { action = [options] { return run_report(*options); }; });
}

}  // namespace assay::tool
