#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace assay::train {

/// Inputs of a loss.
/// Shapes: n images of a forward pass, K classes.
struct LossInput {
  const at::Tensor& images;        ///< (n, 3, H, W) float
  const at::Tensor& logits;        ///< (n, K) float32
  const at::Tensor& labels;        ///< (n) int64
  const at::Tensor& other_labels;  ///< (n) int64, of images mixed in; undefined if there are none
  double share = 1.0;              ///< weight of `labels`; the rest is that of `other_labels`
};

/// Computes the mean loss of the images, a scalar with a gradient. Distillation, for example, is such a function.
using Loss = std::function<at::Tensor(const LossInput& input)>;

/// Returns the cross-entropy with label smoothing; for mixed images, the mean over both labels weighted by their
/// shares.
/// Source: Szegedy et al., Rethinking the Inception architecture, arXiv 1512.00567, section 7.
Loss cross_entropy(double label_smoothing);

}  // namespace assay::train
