#pragma once

#include <cstdint>

namespace assay::report {

/// A closed interval.
struct Interval {
  double low = 0.0;
  double high = 0.0;
};

/// Computes the 95 % Wilson score interval of a proportion, without continuity correction.
/// Shapes: 0 <= num_correct <= num_total, num_total > 0; checked.
/// Source: Wilson, Probable Inference, JASA 22 (1927).
Interval wilson_interval(std::int64_t num_correct, std::int64_t num_total);

/// Bounds the 95 % interval of the difference of two accuracies measured on the same images, as a fraction. The exact
/// paired variance needs the number of images on which exactly one of the two is right. The number of images whose
/// predicted class differs is never smaller, so the interval is at least as wide as the exact one. Shapes:
/// |num_correct_change| <= num_changed <= num_total, num_total > 0; checked. Source: variance of a paired difference of
/// proportions (McNemar, Psychometrika 12 (1947)); the bound is ours.
Interval paired_change_interval(std::int64_t num_correct_change, std::int64_t num_changed, std::int64_t num_total);

}  // namespace assay::report
