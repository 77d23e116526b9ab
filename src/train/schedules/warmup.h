#pragma once

#include <cstdint>

#include "config/schema.h"

namespace assay::train {

/// Declares the option `warmup_fraction`.
template <typename Options>
auto warmup_field() {
  return config::field("warmup_fraction", &Options::warmup_fraction, config::between(0.0, 1.0),
                       "share of all steps in which the rate rises from 0");
}

/// The linear warm-up at the start of a schedule; its factor multiplies the schedule's.
/// Source: Goyal et al., Accurate, Large Minibatch SGD, arXiv 1706.02677, section 2.2.
class Warmup {
 public:
  Warmup(double fraction, std::int64_t num_steps);

  /// Returns (step + 1) / length during the warm-up, then 1.
  double factor(std::int64_t step) const;

  /// Returns the number of steps from its end to `step`: 0 during the warm-up, and never more than num_steps_after().
  std::int64_t steps_since(std::int64_t step) const;

  /// Returns the number of steps after it; at least 1.
  std::int64_t num_steps_after() const { return num_steps_after_; }

  /// Returns the share of those steps before `step`.
  double progress(std::int64_t step) const;

 private:
  std::int64_t length_;
  std::int64_t num_steps_after_;
};

}  // namespace assay::train
