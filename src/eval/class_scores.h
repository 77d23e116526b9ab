#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace assay::eval {

/// How well a classifier does on one class. A quotient 0 / 0 is 0.
struct ClassScore {
  std::int64_t num_images = 0;     ///< of this class
  std::int64_t num_predicted = 0;  ///< images taken for it
  std::int64_t num_correct = 0;
  double recall = 0.0;     ///< share of its images that are recognised
  double precision = 0.0;  ///< share of the images taken for it that are its own
  double f1 = 0.0;         ///< harmonic mean of the two
};

/// How well a classifier does on each class, and on average over the classes, however many images each has.
/// Shapes: K classes.
struct ClassScores {
  at::Tensor confusion;             ///< (K, K) int64: images of the row's class that were taken for the column's
  std::vector<ClassScore> classes;  ///< K
  double macro_f1 = 0.0;            ///< mean F1 of the classes that have images or were predicted
  double balanced_accuracy = 0.0;   ///< mean recall of the classes that have images
};

/// Compares predictions with labels. Shapes: both (N) int64, from 0 to num_classes - 1.
/// Source: scikit-learn's confusion_matrix, precision_recall_fscore_support(zero_division=0),
/// f1_score(average="macro", zero_division=0) and balanced_accuracy_score.
ClassScores score_classes(const at::Tensor& labels, const at::Tensor& predictions, std::int64_t num_classes);

}  // namespace assay::eval
