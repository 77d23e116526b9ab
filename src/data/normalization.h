#pragma once

#include <vector>

#include "data/transforms.h"

namespace assay::data {

/// Reads the options data.mean and data.std, of red, green and blue.
/// Errors: Error(kConfig) unless each has three numbers, means from 0 to 1 and deviations from 0.001 to 1.
Normalization read_normalization(const std::vector<double>& mean, const std::vector<double>& std);

}  // namespace assay::data
