#pragma once

#include <cstdint>
#include <string>

namespace assay::compress {

/// How the share of weights that are zero grows while a network trains.
struct SparsitySchedule {
  std::string curve = "cubic";  ///< "linear", "cubic" or "exponential": what is left falls by equal factors
  double initial = 0.0;
  double final = 0.8;
  std::int64_t first_step = 0;  ///< that takes place at `initial`
  std::int64_t last_step = 0;   ///< at which `final` is reached
  std::int64_t every = 1;       ///< steps between two changes

  /// Returns the sparsity of a step, as if it changed at each. Source: Zhu and Gupta, To Prune, or Not to Prune, arXiv
  /// 1710.01878, equation 1, for "cubic"; the exponent is 1 for "linear".
  double at(std::int64_t step) const;

  /// Tells whether more weights become zero before a step: the first, the last, and those between at every `every`th.
  bool changes_before(std::int64_t step) const;
};

}  // namespace assay::compress
