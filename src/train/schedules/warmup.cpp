#include "train/schedules/warmup.h"

#include <algorithm>
#include <cmath>

namespace assay::train {

Warmup::Warmup(double fraction, std::int64_t num_steps)
    : length_(std::llround(fraction * static_cast<double>(num_steps))),
      num_steps_after_(std::max<std::int64_t>(1, num_steps - length_)) {}

double Warmup::factor(std::int64_t step) const {
  return step < length_ ? static_cast<double>(step + 1) / static_cast<double>(length_) : 1.0;
}

std::int64_t Warmup::steps_since(std::int64_t step) const {
  return std::clamp<std::int64_t>(step - length_, 0, num_steps_after_);
}

double Warmup::progress(std::int64_t step) const {
  return static_cast<double>(steps_since(step)) / static_cast<double>(num_steps_after_);
}

}  // namespace assay::train
