#include "front/check.h"

#include <fmt/format.h>

#include "config/inspect.h"
#include "config/sweep.h"
#include "core/error.h"

namespace assay::front {
namespace {

constexpr int kMostRunsTold = 10;

}  // namespace

void check_runs(const CommandLine& command_line, config::ConfigFiles& files, const config::Catalogue& catalogue,
                const Resolvers& resolvers) {
  const auto check_run = [&](const std::vector<config::Override>& overrides) {
    config::Problems problems;
    config::validate(configure(files, catalogue, overrides, resolvers).resolved, "", catalogue.options, problems);
    problems.throw_if_any();
  };
  const auto overrides = config::parse_overrides(command_line.overrides);
  if (!command_line.multirun) return check_run(overrides);
  check_each(config::expand_sweeps(overrides, files), check_run);
}

void check_each(const std::vector<std::vector<config::Override>>& runs,
                const std::function<void(const std::vector<config::Override>& overrides)>& check_run) {
  std::string mistakes;
  int num_bad = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    try {
      check_run(runs[i]);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kConfig) throw;
      if (++num_bad <= kMostRunsTold)
        mistakes +=
            fmt::format("\nrun {} of {}: {}\n{}", i + 1, runs.size(), config::describe_run(runs[i]), error.what());
    }
  }
  if (num_bad == 0) return;
  throw Error(ErrorKind::kConfig,
              fmt::format("{} of the {} runs cannot start, so none is started{}", num_bad, runs.size(), mistakes));
}

}  // namespace assay::front
