#pragma once

#include <cstdint>

#include "config/schema.h"

namespace assay::train {

/// Declares the option `warmup_fraction`.
template <typename Options>
auto warmup_field() {
  return config::field("warmup_fraction", &Options::warmup_fraction, config::between(0.0, 1.0),
                       "share of all steps in which the rate climbs from 0");
}

/// Is the linear warm-up with which a schedule begins: the factors of both are multiplied.
/// Source: Goyal et al., Accurate, Large Minibatch SGD, arXiv 1706.02677, section 2.2.
class Warmup {
 public:
  Warmup(double fraction, std::int64_t num_steps);

  /// Returns (step + 1) / length while it lasts, then 1.
  double factor(std::int64_t step) const;

  /// Returns how many steps lie between its end and `step`: 0 while it lasts, and never more than num_steps_after().
  std::int64_t steps_since(std::int64_t step) const;

  /// Counts the steps that follow it; at least 1.
  std::int64_t num_steps_after() const { return num_steps_after_; }

  /// Returns the share of them that lies before `step`.
  double progress(std::int64_t step) const;

 private:
  std::int64_t length_;
  std::int64_t num_steps_after_;
};

}  // namespace assay::train
