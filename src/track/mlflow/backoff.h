#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

namespace assay::track {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Converts seconds to a duration of the steady clock.
inline SteadyTime::duration seconds(double value) {
  return std::chrono::duration_cast<SteadyTime::duration>(std::chrono::duration<double>(value));
}

/// Says how failed requests are repeated. Units: seconds.
struct RetryPolicy {
  double first_delay_s = 0.25;          ///< doubled with each failure up to 15 s
  std::optional<double> jitter_s = {};  ///< at most so much more, at random; unset: half of the delay
  std::optional<int> max_retries = {};  ///< so many failures after the first make an outage at once
  bool respects_retry_after = true;     ///< waits as long as the server asks for, within bounds
};

/// The longest wait that a server is granted. Units: seconds.
inline constexpr double kLongestRetryAfter = 120.0;

/// Decides when a failed request is tried again: after a short delay, then twice as long each time, and somewhat longer
/// at random, so that many runs do not return to a restarted server at once.
class Backoff {
 public:
  /// Counts an outage as long once failures have gone on for `deadline_s`.
  Backoff(double deadline_s, std::uint64_t seed, const RetryPolicy& policy = {})
      : deadline_s_(deadline_s), policy_(policy), random_(seed) {}

  /// Takes note of a failure; `retry_after_s` is what the server asked to wait, 0 for nothing. Returns the time of the
  /// next try.
  SteadyTime fail(SteadyTime now, double retry_after_s = 0.0);

  /// Forgets the failures.
  void succeed();

  /// Says whether there has been nothing but failure for the deadline or longer, or more often than the policy allows.
  bool is_long(SteadyTime now) const;

  /// Says whether the server asked for the delay after the last failure.
  bool is_told_to_wait() const { return is_told_to_wait_; }

 private:
  double deadline_s_;
  RetryPolicy policy_;
  std::mt19937_64 random_;
  std::optional<SteadyTime> first_failure_;
  int num_failures_ = 0;
  bool is_told_to_wait_ = false;
};

}  // namespace assay::track
