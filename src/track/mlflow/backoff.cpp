#include "track/mlflow/backoff.h"

#include <algorithm>
#include <cmath>

namespace assay::track {

SteadyTime Backoff::fail(SteadyTime now, double retry_after_s) {
  constexpr double kLongestDelay = 15.0;
  if (!first_failure_) first_failure_ = now;
  const double longest = std::max(kLongestDelay, policy_.first_delay_s);
  const double delay = std::min(longest, policy_.first_delay_s * std::exp2(std::min(num_failures_++, 16)));
  const double jitter = policy_.jitter_s.value_or(0.5 * delay) * std::uniform_real_distribution(0.0, 1.0)(random_);
  is_told_to_wait_ = policy_.respects_retry_after && retry_after_s > 0.0;
  const double asked_for = is_told_to_wait_ ? std::min(retry_after_s, kLongestRetryAfter) : 0.0;
  return now + seconds(std::max(delay, asked_for) + jitter);
}

void Backoff::succeed() {
  first_failure_.reset();
  num_failures_ = 0;
  is_told_to_wait_ = false;
}

bool Backoff::is_long(SteadyTime now) const {
  if (!first_failure_) return false;
  return now - *first_failure_ >= seconds(deadline_s_) || num_failures_ > policy_.max_retries.value_or(num_failures_);
}

}  // namespace assay::track
