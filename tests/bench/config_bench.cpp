// How long composing takes, beside the process that a user of Hydra starts for it. Run: scripts/bench

#include <benchmark/benchmark.h>

#include <cstdlib>

#include "config/compose.h"
#include "config/resolve.h"
#include "config/sweep.h"

namespace assay::config {
namespace {

const std::string kConfigs = ASSAY_SOURCE_DIR "/configs";

Table compose_household(ConfigFiles& files, const std::vector<Override>& overrides) {
  Problems problems;
  auto table = resolve(compose(files, "household_compression", overrides).table, {}, problems);
  problems.throw_if_any();
  return table;
}

// From the files on the disk, as each start of a binary does.
void compose_and_resolve(benchmark::State& state) {
  for (auto _ : state) {
    ConfigFiles files({kConfigs});
    benchmark::DoNotOptimize(compose_household(files, parse_overrides({"experiment=demo", "train.epochs=3"})));
  }
}
BENCHMARK(compose_and_resolve)->Unit(benchmark::kMillisecond);

void expand_a_grid_of_1000_cells(benchmark::State& state) {
  for (auto _ : state) {
    ConfigFiles files({kConfigs});
    const auto overrides =
        parse_overrides({"experiment=demo", "run.seed=range(10)", "data=shapes,cifar10", "train.epochs=range(50)"});
    std::size_t num_cells = 0;
    for (const auto& cell : expand_sweeps(overrides, files)) {
      benchmark::DoNotOptimize(compose_household(files, cell));
      ++num_cells;
    }
    if (num_cells != 1000) state.SkipWithError("not 1000 cells");
  }
}
BENCHMARK(expand_a_grid_of_1000_cells)->Unit(benchmark::kMillisecond);

// What the environment variable names, started as a process.
void start_process(benchmark::State& state, const char* variable) {
  const char* const command = std::getenv(variable);
  if (command == nullptr) return state.SkipWithError("use scripts/bench, which says what to start");
  for (auto _ : state) {
    if (std::system(command) != 0) return state.SkipWithError("the process failed");
  }
}
// A Hydra application with the same files, and the binary that links LibTorch up to its help text.
BENCHMARK_CAPTURE(start_process, hydra, "ASSAY_HYDRA_APP")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(start_process, help, "ASSAY_HELP")->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace assay::config

BENCHMARK_MAIN();
