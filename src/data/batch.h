#pragma once

#include <ATen/core/Tensor.h>

namespace assay::data {

/// Some images as the network takes them.
/// Shapes: B images, H height, W width.
struct Batch {
  at::Tensor images;             ///< (B, 3, H, W) float, normalised, channels last
  at::Tensor labels;             ///< (B) int64
  at::Tensor other_labels = {};  ///< (B) int64, of the images that were mixed in; undefined when none were
  double share = 1.0;            ///< of `labels` in the loss; the rest is that of `other_labels`
};

}  // namespace assay::data
