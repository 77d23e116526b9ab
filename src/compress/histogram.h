#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace assay::compress {

/// Counts values in equal bins that grow with the range seen, and finds the part of the range that loses least when
/// it alone is divided into levels. As torch.ao's HistogramObserver does with its L2 norm: values count as spread
/// evenly over their bin, and the quantiles of either end are taken away in steps of 1e-5 while the error falls.
class Histogram {
 public:
  /// Adds values whose smallest and largest are known. Shapes: any, float.
  void add(const at::Tensor& values, double lowest, double highest);

  /// Returns the two ends of the best range. At least one value must have been added.
  std::pair<double, double> best_range(std::int64_t num_levels) const;

 private:
  static constexpr std::int64_t kNumBins = 2048;

  void widen(double low, double high);
  double error(std::int64_t first, std::int64_t last, std::int64_t num_levels) const;

  std::vector<double> counts_;  ///< empty at first
  double low_ = 0.0;
  double high_ = 0.0;
};

}  // namespace assay::compress
