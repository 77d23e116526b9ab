#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "compress/histogram.h"
#include "compress/quantized_ops.h"

namespace assay::compress {

enum class RangeMethod {
  kMinMax,         ///< everything that was seen
  kPercentile,     ///< all but the outermost values
  kMse,            ///< the range with the least mean squared rounding and clipping error
  kMovingAverage,  ///< ends averaged over the pieces, each counting 1 %, as torch.ao's MovingAverageMinMaxObserver
  kHistogram,      ///< Histogram::best_range, as torch.ao's HistogramObserver
};

/// Finds a method by its name in a configuration: "minmax", "percentile", "mse", "moving_average", "histogram".
/// Errors: Error(kConfig) for another word.
RangeMethod find_range_method(std::string_view name);

/// Returns scale and zero point of the levels 0 ... max_level that cover a range and 0, which is represented exactly.
QuantParams params_of_range(double low, double high, std::int64_t max_level);

struct RangeOptions {
  RangeMethod method = RangeMethod::kMse;
  double percentile = 99.99;     ///< kPercentile: share of the values kept at each end
  std::int64_t max_level = 255;  ///< values become 0 ... max_level
};

/// Watches the values of one place in a network, as they come in pieces, and chooses how they become uint8. What it
/// chooses does not depend on how the values were divided, except for kMovingAverage and, by little, kHistogram.
class RangeObserver {
 public:
  /// `num_values` is how many values will be seen in all: a fixed share of them, evenly spread, is kept.
  RangeObserver(std::int64_t num_values, const RangeOptions& options);

  void observe(const at::Tensor& values);

  /// Chooses scale and zero point; 0 is always represented exactly. The error is measured behind `activation`, so that
  /// levels are not spent where the activation flattens everything (kMse).
  /// Source: the minimum is found by coordinate descent over the two ends, cf. Nagel et al., arXiv 2106.08295,
  /// section 3.1.
  QuantParams choose(models::Activation activation) const;

 private:
  RangeOptions options_;
  std::int64_t stride_;
  std::int64_t num_seen_ = 0;
  double lowest_ = 0.0;
  double highest_ = 0.0;
  std::vector<at::Tensor> samples_;
  std::optional<std::pair<double, double>> average_;
  Histogram histogram_;
};

/// Chooses from all values at once.
QuantParams choose_range(const at::Tensor& values, models::Activation activation, const RangeOptions& options);

}  // namespace assay::compress
