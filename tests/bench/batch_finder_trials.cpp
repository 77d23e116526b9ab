// Finds batch sizes for randomly drawn trainings under budgets that the metering allocator enforces, and reports how
// good they are: bench_batch [number of trials [first]]. Writes one line per trial and a summary as Markdown.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "device/batch_trial.h"

namespace {

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

void print_row(const char* what, const std::vector<double>& values, double worst, const char* format) {
  fmt::print("| {} | {} | {} |\n", what, fmt::format(fmt::runtime(format), median(values)),
             fmt::format(fmt::runtime(format), worst));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace assay::device;
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200;
  const std::uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  std::vector<double> errors, verified, shares, steps, seconds;
  int num_out_of_memory = 0, num_nonlinear = 0;
  for (std::uint64_t number = first; number < first + count; ++number) {
    const auto trial = draw_batch_trial(number, /*small=*/false);
    const auto result = run_batch_trial(trial);
    const auto& found = result.found;
    fmt::print(
        "{:>3} {}: budget {:.1f} MB, {} of {} samples, predicted {:.2f} MB, took {:.2f} MB ({:+.2f} %), {} steps "
        "in {:.2f} s{}\n",
        number, trial.describe(), static_cast<double>(result.budget_bytes) / 1e6, found.num_samples, result.largest,
        found.predicted_bytes / 1e6, static_cast<double>(result.actual_peak_bytes) / 1e6,
        result.prediction_error() * 100.0, found.steps.size(), result.search_seconds,
        result.out_of_memory ? " OUT OF MEMORY" : "");
    for (const auto& step : found.steps) {
      fmt::print("      {:>4} {:.3f} MB {}\n", step.num_samples, static_cast<double>(step.peak_bytes) / 1e6,
                 step.verdict);
    }
    std::fflush(stdout);
    num_out_of_memory += result.out_of_memory ? 1 : 0;
    num_nonlinear += found.is_linear ? 0 : 1;
    const bool is_predicted = std::any_of(found.steps.begin(), found.steps.end(), [&](const ProbeStep& step) {
      return step.num_samples == found.num_samples && step.predicted_bytes;
    });
    if (is_predicted) errors.push_back(std::abs(result.prediction_error()) * 100.0);
    verified.push_back(std::abs(result.verified_error()) * 100.0);
    shares.push_back(result.share_of_largest() * 100.0);
    steps.push_back(static_cast<double>(found.steps.size()));
    seconds.push_back(result.search_seconds);
  }
  fmt::print("\n| {} trials | median | worst |\n|---|---|---|\n", count);
  fmt::print("| out of memory after sizing | | {} |\n", num_out_of_memory);
  print_row("peak by the line off by, % of the actual", errors, *std::max_element(errors.begin(), errors.end()),
            "{:.2f}");
  print_row("peak after the proving step off by, %", verified, *std::max_element(verified.begin(), verified.end()),
            "{:.2f}");
  fmt::print("| trials with more than 5 % | | {} |\n",
             std::count_if(errors.begin(), errors.end(), [](double error) { return error > 5.0; }));
  fmt::print("| trials below 95 % of the largest | | {} |\n",
             std::count_if(shares.begin(), shares.end(), [](double share) { return share < 95.0; }));
  fmt::print("| sizes so small that no line was needed to find them | | {} |\n", count - errors.size());
  print_row("size, % of the largest that fits", shares, *std::min_element(shares.begin(), shares.end()), "{:.1f}");
  print_row("probe steps", steps, *std::max_element(steps.begin(), steps.end()), "{:.0f}");
  print_row("seconds", seconds, *std::max_element(seconds.begin(), seconds.end()), "{:.2f}");
  fmt::print("| peaks that are no line within 2 % | | {} |\n", num_nonlinear);
  return num_out_of_memory == 0 ? 0 : 1;
}
