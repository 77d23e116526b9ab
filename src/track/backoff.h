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

/// Decides when a failed request is tried again: after 0.25 s, then twice as long each time up to 15 s, and up to half
/// as much again at random, so that many runs do not return to a restarted server at once.
class Backoff {
 public:
  /// Counts an outage as long once failures have gone on for `deadline_s`.
  Backoff(double deadline_s, std::uint64_t seed) : deadline_s_(deadline_s), random_(seed) {}

  /// Takes note of a failure. Returns the time of the next try.
  SteadyTime fail(SteadyTime now);

  /// Forgets the failures.
  void succeed();

  /// Says whether there has been nothing but failure for the deadline or longer.
  bool is_long(SteadyTime now) const { return first_failure_ && now - *first_failure_ >= seconds(deadline_s_); }

 private:
  double deadline_s_;
  std::mt19937_64 random_;
  std::optional<SteadyTime> first_failure_;
  int num_failures_ = 0;
};

}  // namespace assay::track
