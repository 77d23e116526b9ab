#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>

#include "data/loader.h"
#include "eval/class_scores.h"

namespace assay::eval {

/// Computes logits. Shapes: images (B, 3, H, W) -> (B, K).
using Predict = std::function<at::Tensor(const at::Tensor& images)>;

/// Performance of a classifier on a set of images.
struct Accuracy {
  std::int64_t num_correct = 0;
  std::int64_t num_samples = 0;
  double loss = 0.0;       ///< mean cross-entropy, without label smoothing
  at::Tensor predictions;  ///< (N) int64 class of each image, in the loader's order
  at::Tensor labels;       ///< (N) int64, in the same order
  std::int64_t num_classes = 0;

  double value() const {
    return num_samples == 0 ? 0.0 : static_cast<double>(num_correct) / static_cast<double>(num_samples);
  }

  ClassScores class_scores() const { return score_classes(labels, predictions, num_classes); }
};

/// Evaluates `predict` on one pass of the loader without recording gradients. `title` labels the progress bar. When
/// memory runs out, takes half as many images at a time, and reports it.
/// Errors: Error(kConfig) if not even one image fits; Stopped if a signal requested it.
Accuracy measure_accuracy(const Predict& predict, data::Loader& loader, c10::Device device, const std::string& title);

/// Returns the share of images to which two classifiers assign the same class. Shapes: both (N).
double agreement(const at::Tensor& predictions, const at::Tensor& reference);

}  // namespace assay::eval
