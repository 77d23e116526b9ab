#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace assay::eval {

/// Says how often to time.
struct LatencyOptions {
  std::int64_t num_warmup = 30;  ///< calls of each candidate that are not counted
  std::int64_t num_rounds = 10;  ///< how often the candidates take turns
  std::int64_t num_calls = 30;   ///< calls of a candidate in one turn
};

/// Is the distribution of the time of one call. Units: microseconds.
struct Latency {
  double p50_us = 0.0;
  double p95_us = 0.0;
  std::int64_t num_samples = 0;
};

/// Times candidates against each other: they take turns, so that what else the machine does falls on all alike.
/// Gives one result a candidate, in their order. `call` must not return before its work is done.
/// Errors: Stopped when a signal asked for it.
std::vector<Latency> measure_latencies(const std::vector<std::function<void()>>& calls, const LatencyOptions& options);

/// Returns the q-quantile (0 to 1) of unsorted numbers, by linear interpolation between order statistics (numpy's
/// default).
double quantile(std::vector<double> numbers, double q);

}  // namespace assay::eval
