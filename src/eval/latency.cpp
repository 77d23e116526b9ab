#include "eval/latency.h"

#include <algorithm>
#include <cmath>

#include "core/clock.h"
#include "core/error.h"
#include "core/progress.h"
#include "core/stop.h"

namespace assay::eval {

std::vector<Latency> measure_latencies(const std::vector<std::function<void()>>& calls, const LatencyOptions& options) {
  std::vector<std::vector<double>> times_us(calls.size());
  Progress progress("latency", options.num_rounds);
  for (const auto& call : calls) {
    for (std::int64_t i = 0; i < options.num_warmup; ++i) call();
  }
  for (std::int64_t round = 0; round < options.num_rounds; ++round) {
    for (std::size_t candidate = 0; candidate < calls.size(); ++candidate) {
      throw_if_stopped();
      for (std::int64_t i = 0; i < options.num_calls; ++i) {
        const Stopwatch watch;
        calls[candidate]();
        times_us[candidate].push_back(watch.seconds() * 1e6);
      }
    }
    progress.update(round + 1);
  }
  std::vector<Latency> results;
  for (const auto& times : times_us) {
    results.push_back({quantile(times, 0.5), quantile(times, 0.95), static_cast<std::int64_t>(times.size())});
  }
  return results;
}

double quantile(std::vector<double> numbers, double q) {
  ASSAY_CHECK(!numbers.empty());
  std::sort(numbers.begin(), numbers.end());
  const auto position = q * static_cast<double>(numbers.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const auto above = std::min(below + 1, numbers.size() - 1);
  return std::lerp(numbers[below], numbers[above], position - std::floor(position));
}

}  // namespace assay::eval
