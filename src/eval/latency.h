#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace assay::eval {

/// Number of timed calls.
struct LatencyOptions {
  std::int64_t num_warmup = 30;  ///< uncounted calls of each candidate
  std::int64_t num_rounds = 10;  ///< how often the candidates take turns
  std::int64_t num_calls = 30;   ///< calls of a candidate in one turn
};

/// Distribution of the time of one call. Units: microseconds.
struct Latency {
  double p50_us = 0.0;
  double p95_us = 0.0;
  std::int64_t num_samples = 0;
};

/// Times candidates in turns, so that other load on the machine affects all alike. Returns one result per candidate, in
/// order. `call` must not return before its work is done.
/// Errors: Stopped if a signal requested it.
std::vector<Latency> measure_latencies(const std::vector<std::function<void()>>& calls, const LatencyOptions& options);

/// Returns the q-quantile (0 to 1) of unsorted numbers, by linear interpolation between order statistics (numpy's
/// default).
double quantile(std::vector<double> numbers, double q);

}  // namespace assay::eval
