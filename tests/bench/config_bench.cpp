// Measures the time to compose, compared with starting a Hydra process. Run: scripts/bench

#include <benchmark/benchmark.h>

#include <cstdlib>

#include "config/catalogue.h"
#include "config/compose.h"
#include "config/resolve.h"
#include "config/sweep.h"

namespace assay::config {
namespace {

const std::string kConfigs = ASSAY_SOURCE_DIR "/configs";

const std::string kCatalogue = ASSAY_BINARY_DIR "/bin/engines/household_compression.json";

Table check_household(ConfigFiles& files, const std::vector<Override>& overrides, const Catalogue& catalogue) {
  Problems problems;
  auto table = resolve(compose(files, "household_compression", overrides).table, {}, problems);
  validate(table, "", catalogue.options, problems);
  problems.throw_if_any();
  return table;
}

// From files on disk, as at each start of an experiment.
void compose_and_validate(benchmark::State& state) {
  for (auto _ : state) {
    const auto catalogue = read_catalogue(kCatalogue);
    ConfigFiles files({kConfigs});
    benchmark::DoNotOptimize(check_household(files, parse_overrides({"experiment=demo", "train.epochs=3"}), catalogue));
  }
}
BENCHMARK(compose_and_validate)->Unit(benchmark::kMillisecond);

void expand_and_validate_1000_cells(benchmark::State& state) {
  for (auto _ : state) {
    const auto catalogue = read_catalogue(kCatalogue);
    ConfigFiles files({kConfigs});
    const auto overrides =
        parse_overrides({"experiment=demo", "run.seed=range(10)", "data=shapes,cifar10", "train.epochs=range(1,51)"});
    std::size_t num_cells = 0;
    for (const auto& cell : expand_sweeps(overrides, files)) {
      benchmark::DoNotOptimize(check_household(files, cell, catalogue));
      ++num_cells;
    }
    if (num_cells != 1000) state.SkipWithError("not 1000 cells");
  }
}
BENCHMARK(expand_and_validate_1000_cells)->Unit(benchmark::kMillisecond);

// Starts the command in the environment variable as a process.
void start_process(benchmark::State& state, const char* variable) {
  const char* const command = std::getenv(variable);
  if (command == nullptr) return state.SkipWithError("use scripts/bench, which says what to start");
  for (auto _ : state) {
    if (std::system(command) != 0) return state.SkipWithError("the process failed");
  }
}
// A Hydra application with the same files, and the command of an experiment up to its help text.
BENCHMARK_CAPTURE(start_process, hydra, "ASSAY_HYDRA_APP")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(start_process, help, "ASSAY_HELP")->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace assay::config

BENCHMARK_MAIN();
