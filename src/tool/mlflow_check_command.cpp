// assay mlflow-check: tests within a second whether a tracking server accepts runs, and if not, says what to do.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "core/clock.h"
#include "tool/commands.h"
#include "tool/server_check.h"

namespace assay::tool {
namespace {

using State = ServerCheck::State;

constexpr int kNotUsable = 4;

void tell(const ServerCheck& check) {
  const auto* state = check.state == State::kOk ? "ok" : check.state == State::kFailed ? "FAILED" : "not tried";
  const auto time = check.time_ms > 0 ? fmt::format("{:.0f} ms", check.time_ms) : "";
  const auto line = fmt::format("{:<10} {:<9} {:>8}  {}", check.name, state, time, check.text);
  fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  if (!check.hint.empty()) fmt::print("{:<31}hint: {}\n", "", check.hint);
  std::fflush(stdout);
}

int check(const std::string& uri) {
  const Stopwatch watch;
  const auto server = track::find_tracking_server(uri, "--tracking-uri");
  const auto checks = check_server(server, tell);
  const auto count = [&](State state) {
    return std::count_if(checks.begin(), checks.end(), [&](const auto& one) { return one.state == state; });
  };
  const auto num_failed = count(State::kFailed);
  fmt::print("{} of {} checks passed, {} failed, {} not tried; {:.0f} ms\n", count(State::kOk), checks.size(),
             num_failed, count(State::kNotTried), watch.seconds() * 1e3);
  return num_failed == 0 ? 0 : kNotUsable;
}

}  // namespace

void add_mlflow_check_command(CLI::App& app, Action& action) {
  auto uri = std::make_shared<std::string>();
  auto* command = app.add_subcommand("mlflow-check", "Test whether a tracking server accepts runs, before they start");
  command->add_option("--tracking-uri", *uri,
                      "address of the MLflow server (default: MLFLOW_TRACKING_URI, else http://127.0.0.1:5000)");
  command->callback([uri, &action] { action = [uri] { return check(*uri); }; });
}

}  // namespace assay::tool
