// Measures the cost of a log call for the training thread, and how fast points reach a server. Run: scripts/bench_track

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "config/section.h"
#include "core/error.h"
#include "core/file.h"
#include "track/tracker.h"

namespace assay::track {
namespace {

constexpr int kNumPoints = 10'000;

config::Section section(const std::string& backend, const std::string& uri, bool read_back = true) {
  const config::Origin origin{"bench", 1, 1};
  config::Table table;
  table.set("name", config::Value(backend, origin));
  if (!uri.empty()) table.set("uri", config::Value(uri, origin));
  if (!uri.empty()) table.set("flush_timeout_s", config::Value(600.0, origin));
  if (!uri.empty()) table.set("read_back", config::Value(read_back, origin));
  return config::Section(table, "track", origin);
}

RunStart start_of(const std::string& name) {
  static const auto folder = std::filesystem::temp_directory_path() / "assay-bench";
  return {"bench", name, {}, folder};
}

void write_bytes(const std::filesystem::path& file, std::size_t count) {
  write_file_atomically(file, std::string(count, 'x'));
}

// One point, logged as in a training loop; the journal's thread works in parallel.
void log_metric(benchmark::State& state, const char* backend) {
  const auto run = make_tracker(section(backend, ""))->start(start_of("log_metric"));
  std::int64_t step = 0;
  for (auto _ : state) run->log_metric("train/loss", 0.5, ++step);
  run->finish(RunStatus::kFinished);
}
BENCHMARK_CAPTURE(log_metric, off, "off")->Iterations(20'000);
BENCHMARK_CAPTURE(log_metric, journal, "journal")->Iterations(20'000);
// So many points without a pause that the queue is full and each call waits for the database.
BENCHMARK_CAPTURE(log_metric, journal_saturated, "journal")->Iterations(200'000);

// From the first log call to the server's confirmation of the last point.
void deliver_10000_points(benchmark::State& state, bool read_back) {
  const char* const uri = std::getenv("ASSAY_BENCH_URI");
  if (uri == nullptr) return state.SkipWithError("use scripts/bench_track, which starts a server");
  const auto tracker = make_tracker(section("mlflow", uri, read_back));
  for (auto _ : state) {
    const auto run = tracker->start(start_of("deliver"));
    for (int step = 0; step < kNumPoints; ++step) run->log_metric("train/loss", 0.5, step);
    run->finish(RunStatus::kFinished);
    if (!run->delivery().complete()) return state.SkipWithError("not all was delivered");
  }
  state.SetItemsProcessed(state.iterations() * kNumPoints);
}
BENCHMARK_CAPTURE(deliver_10000_points, unread, false)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);
BENCHMARK_CAPTURE(deliver_10000_points, read_back, true)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

// Files of a run, its creation and end included.
void deliver_files(benchmark::State& state, int count, std::size_t bytes) {
  const char* const uri = std::getenv("ASSAY_BENCH_URI");
  if (uri == nullptr) return state.SkipWithError("use scripts/bench_track, which starts a server");
  const auto tracker = make_tracker(section("mlflow", uri));
  const auto folder = start_of("").record_folder / fmt::format("{}_files", count);
  for (int i = 0; i < count; ++i) write_bytes(folder / std::to_string(i), bytes);
  for (auto _ : state) {
    const auto run = tracker->start(start_of("files"));
    for (int i = 0; i < count; ++i) run->log_artifact(folder / std::to_string(i), fmt::format("files/{}", i));
    run->finish(RunStatus::kFinished);
    if (!run->delivery().complete()) return state.SkipWithError("not all was delivered");
  }
}
BENCHMARK_CAPTURE(deliver_files, one_of_100_mb, 1, 100'000'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK_CAPTURE(deliver_files, 200_of_1_kb, 200, 1000)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

// A logged model whose largest file has 10 MB, including its run; the server does not parse it.
void deliver_model(benchmark::State& state) {
  const char* const uri = std::getenv("ASSAY_BENCH_URI");
  if (uri == nullptr) return state.SkipWithError("use scripts/bench_track, which starts a server");
  const auto tracker = make_tracker(section("mlflow", uri));
  const auto folder = start_of("").record_folder / "model";
  write_bytes(folder / "data/model.pth", 10'000'000);
  for (const char* name :
       {"MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt", "data/pickle_module_info.txt"})
    write_file_atomically(folder / name, "flavors: {}\n");
  for (auto _ : state) {
    const auto run = tracker->start(start_of("model"));
    run->log_model({.name = "network", .folder = folder});
    run->finish(RunStatus::kFinished);
    if (!run->delivery().complete()) return state.SkipWithError("not all was delivered");
  }
}
BENCHMARK(deliver_model)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

// The same with MLflow's Python client, started as a process that prints its own seconds.
void python(benchmark::State& state, const char* what) {
  const char* const command = std::getenv("ASSAY_BENCH_PYTHON");
  if (command == nullptr) return state.SkipWithError("use scripts/bench_track, which says what to start");
  for (auto _ : state) {
    auto* const pipe = ::popen((std::string(command) + " " + what).c_str(), "r");
    double seconds = 0.0;
    const bool is_read = std::fscanf(pipe, "%lf", &seconds) == 1;
    if (::pclose(pipe) != 0 || !is_read) return state.SkipWithError("the process failed");
    state.SetIterationTime(seconds);
  }
}
BENCHMARK_CAPTURE(python, log_metric, "log_metric")->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(python, log_metric_async, "log_metric_async")
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(python, deliver_10000_points, "deliver")
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(python, deliver_model, "model")->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

BENCHMARK_CAPTURE(python, deliver_one_of_100_mb, "large_file")
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(python, deliver_200_of_1_kb, "small_files")
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// From the start of a process to the end of a run with one point.
void process_to_first_metric(benchmark::State& state, const char* command) {
  const char* const words = std::getenv(command);
  if (words == nullptr) return state.SkipWithError("use scripts/bench_track, which says what to start");
  for (auto _ : state) {
    if (std::system((std::string(words) + " first >/dev/null 2>&1").c_str()) != 0)
      return state.SkipWithError("the process failed");
  }
}
BENCHMARK_CAPTURE(process_to_first_metric, assay, "ASSAY_BENCH_SELF")
    ->UseRealTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(process_to_first_metric, python, "ASSAY_BENCH_PYTHON")
    ->UseRealTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

int log_first_metric() {
  const auto run = make_tracker(section("mlflow", std::getenv("ASSAY_BENCH_URI")))->start(start_of("first"));
  run->log_metric("train/loss", 0.5, 1);
  run->finish(RunStatus::kFinished);
  return run->delivery().complete() ? 0 : 1;
}

}  // namespace
}  // namespace assay::track

int main(int argc, char** argv) {
  if (argc == 2 && argv[1] == std::string_view("first")) return assay::track::log_first_metric();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
