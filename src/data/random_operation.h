#pragma once

#include <ATen/core/Tensor.h>

#include <string_view>
#include <vector>

#include "core/rng.h"

namespace assay::data {

/// One of the changes among which RandAugment and TrivialAugment choose.
struct RandomOperation {
  std::string_view name;
  /// Shapes: pixels (H, W, 3) uint8, contiguous. `level` is 0 for the weakest and 1 for the strongest of `strongest`;
  /// below 0 in the other direction.
  at::Tensor (*apply)(const at::Tensor& pixels, double level, double strongest);
  double strongest_rand = 0.0;     ///< in RandAugment
  double strongest_trivial = 0.0;  ///< in TrivialAugment's wide space
  bool is_signed = false;
};

/// The 14 changes of torchvision's RandAugment and TrivialAugmentWide, there with nearest neighbours and black, here
/// with bilinear interpolation and grey.
const std::vector<RandomOperation>& random_operations();

/// Returns one of them. Rng draws: one.
const RandomOperation& draw_operation(Rng& rng);

/// Returns `level`, or where the operation has two directions, -level for every other draw. Rng draws: one.
double draw_sign(const RandomOperation& operation, double level, Rng& rng);

}  // namespace assay::data
