#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace assay::train {

/// Checks that averaging weights and recomputing statistics did not destroy the network. `before` and `after` are its
/// accuracies on the same `num_images` validation images when its weights were chosen and at the end, 0 to 1; `ending`
/// says what was done in between.
/// Errors: Error(kConfig) if more than half of the accuracy is lost, and more than four standard errors.
void check_collapse(double before, double after, std::int64_t num_images, const std::vector<std::string>& ending);

}  // namespace assay::train
