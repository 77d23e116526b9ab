#include "app/run_main.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "app/ending.h"
#include "app/resolvers.h"
#include "app/session.h"
#include "config/compose.h"
#include "config/inspect.h"
#include "config/sweep.h"
#include "core/exit_code.h"
#include "core/stop.h"
#include "core/terminal.h"
#include "front/check.h"
#include "front/inspection.h"

namespace assay::app::detail {
namespace {

// Runs one configuration, or with --multirun all of a sweep, one after the other; a failure does not stop the others,
// and the worst one gives the exit code.
int run_all(const AnyExperiment& experiment, const front::CommandLine& command_line) {
  config::ConfigFiles files(command_line.config_dirs);
  std::vector<std::vector<config::Override>> runs;
  std::optional<std::string> answer;
  const auto ending = end_of([&] {
    if (front::is_asked(command_line.inspection)) {
      answer = front::inspect(command_line, files, experiment.catalogue, machine_resolvers());
      return;
    }
    const auto overrides = config::parse_overrides(command_line.overrides);
    runs = {overrides};
    if (!command_line.multirun) return;
    runs = config::expand_sweeps(overrides, files);
    front::check_each(runs, [&](const auto& run) { check_session(experiment, files, run); });
  });
  if (ending.exit_code != 0) {
    tell(ending.error);
    return ending.exit_code;
  }
  if (answer) fmt::print("{}", *answer);
  int exit_code = 0;
  for (std::size_t i = 0; i < runs.size() && exit_code < 128; ++i) {
    if (runs.size() > 1) print_status("run {} of {}: {}\n", i + 1, runs.size(), config::describe_run(runs[i]));
    exit_code = worse_exit_code(exit_code, run_session(experiment, command_line, files, runs[i]));
  }
  return exit_code;
}

}  // namespace

int run_any(const AnyExperiment& experiment, int argc, char** argv) {
  open_standard_descriptors();
  install_stop_handlers();
  spdlog::set_default_logger(spdlog::stderr_color_mt("assay"));
  spdlog::set_pattern("%^%l%$: %v");
  if (argc == 3 && argv[1] == std::string_view("--catalogue")) {
    const auto ending = end_of([&] { config::write_catalogue(argv[2], experiment.catalogue); });
    if (ending.exit_code != 0) tell(ending.error);
    return ending.exit_code;
  }
  front::CommandLine command_line;
  const auto answered = front::parse_command_line(argc, argv, experiment.catalogue, command_line);
  return answered ? *answered : run_all(experiment, command_line);
}

}  // namespace assay::app::detail
