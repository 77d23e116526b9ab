#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>

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
///
/// With class weights, the term of each class is multiplied by its weight, as by PyTorch's F.cross_entropy(weight=...,
/// label_smoothing=...) with reduction="sum", and the sum is divided by the number of images. PyTorch's mean divides by
/// the sum of the labels' weights instead, so that an image would count for more beside common ones, and a batch
/// computed in several passes would give another gradient than in one. Where the weights' mean over all images is 1, as
/// that of class_weights(), both agree on average.
/// Shapes: class_weights (K) float on the device of the logits, or undefined for none.
/// Source: Szegedy et al., Rethinking the Inception architecture, arXiv 1512.00567, section 7.
Loss cross_entropy(double label_smoothing, const at::Tensor& class_weights = {});

/// Returns a weight for each class, whose mean over the images is 1: "balanced": n / (K n_c) for n images, K classes
/// that have any, and n_c images of class c, as scikit-learn's compute_class_weight; "sqrt": in proportion to the
/// square root of that; "none": undefined. A class without images has weight 0. Shapes: labels (n) int64 ->
/// (num_classes) float.
at::Tensor class_weights(const std::string& kind, const at::Tensor& labels, std::int64_t num_classes);

}  // namespace assay::train
