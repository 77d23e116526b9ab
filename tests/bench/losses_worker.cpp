// Logs a run like a training and reports its progress on stdout: losses_worker URI FOLDER EXPERIMENT NAME POINTS
// SECONDS. Prints a line for each log call that returned: the step and the microseconds that it took. Started by
// tests/bench/losses.py.

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <thread>

#include "config/section.h"
#include "core/clock.h"
#include "core/stop.h"
#include "track/tracker.h"

namespace assay::track {
namespace {

std::unique_ptr<Tracker> tracker_for(const std::string& url) {
  const config::Origin origin{"losses", 1, 1};
  config::Table table;
  table.set("name", config::Value(std::string("mlflow"), origin));
  table.set("uri", config::Value(url, origin));
  return make_tracker(config::Section(table, "track", origin));
}

void say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) ::_exit(1);
}

/// Ends the run like the experiments, whose main loops check for a stop once per step.
int log_run(Run& run, int num_points, double duration_s) {
  const Stopwatch since_start;
  auto status = RunStatus::kFinished;
  try {
    run.log_params({{"lr", "0.1"}, {"points", std::to_string(num_points)}});
    for (int step = 0; step < num_points; ++step) {
      throw_if_stopped();
      const Stopwatch watch;
      run.log_metric("loss", step / 7.0, step);
      say(fmt::format("{} {:.0f}\n", step, watch.seconds() * 1e6));
      const auto wait_s = duration_s * (step + 1) / num_points - since_start.seconds();
      if (wait_s > 0) std::this_thread::sleep_for(std::chrono::duration<double>(wait_s));
    }
    run.set_tag("end", "reached");
    say("end 0\n");
  } catch (const Stopped&) {
    status = RunStatus::kKilled;
  }
  run.finish(status);
  return run.delivery().complete() ? 0 : 4;
}

}  // namespace
}  // namespace assay::track

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() != 6) return 2;
  spdlog::set_default_logger(spdlog::stderr_color_mt("assay"));
  assay::install_stop_handlers();
  assay::track::say("ready 0\n");
  std::string go;
  std::getline(std::cin, go);
  const auto tracker = assay::track::tracker_for(arguments[0]);
  const auto run = tracker->start({arguments[2], arguments[3], {{"begin", "set"}}, arguments[1]});
  return assay::track::log_run(*run, std::stoi(arguments[4]), std::stod(arguments[5]));
}
