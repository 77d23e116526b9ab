#pragma once

#include <cstdint>

#include "compress/quantized_ops.h"

namespace assay::compress {

enum class RangeMethod {
  kMinMax,      ///< everything that was seen
  kPercentile,  ///< all but the outermost values
  kMse,         ///< the range with the least mean squared rounding and clipping error
};

struct RangeOptions {
  RangeMethod method = RangeMethod::kMse;
  double percentile = 99.99;     ///< kPercentile: share of the values kept at each end
  std::int64_t max_level = 255;  ///< values become 0 ... max_level
};

/// Chooses how a tensor becomes uint8, from values seen in calibration; 0 is always represented exactly.
/// The error is measured behind `activation`, so that levels are not spent where the activation flattens everything.
/// Source: the minimum is found by coordinate descent over the two ends, cf. Nagel et al., arXiv 2106.08295,
/// section 3.1.
QuantParams choose_range(const at::Tensor& values, models::Activation activation, const RangeOptions& options);

}  // namespace assay::compress
