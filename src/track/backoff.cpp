#include "track/backoff.h"

#include <algorithm>
#include <cmath>

namespace assay::track {

SteadyTime Backoff::fail(SteadyTime now) {
  constexpr double kFirstDelay = 0.25;
  constexpr double kLongestDelay = 15.0;
  if (!first_failure_) first_failure_ = now;
  const double delay = std::min(kLongestDelay, kFirstDelay * std::exp2(std::min(num_failures_++, 16)));
  return now + seconds(delay * std::uniform_real_distribution(1.0, 1.5)(random_));
}

void Backoff::succeed() {
  first_failure_.reset();
  num_failures_ = 0;
}

}  // namespace assay::track
