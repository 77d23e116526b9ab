#include "eval/class_scores.h"

#include <torch/torch.h>

#include "core/error.h"

namespace assay::eval {
namespace {

double quotient(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

ClassScores score_classes(const at::Tensor& labels, const at::Tensor& predictions, std::int64_t num_classes) {
  ASSAY_CHECK(labels.numel() == predictions.numel());
  const auto cells = torch::bincount(labels * num_classes + predictions, {}, num_classes * num_classes);
  ASSAY_CHECK(cells.numel() == num_classes * num_classes);
  ClassScores scores{cells.view({num_classes, num_classes}), {}};
  const auto images = scores.confusion.sum(1), predicted = scores.confusion.sum(0);  // (K)
  std::int64_t num_present = 0, num_met = 0;
  for (std::int64_t label = 0; label < num_classes; ++label) {
    ClassScore one{images[label].item<std::int64_t>(), predicted[label].item<std::int64_t>(),
                   scores.confusion[label][label].item<std::int64_t>()};
    one.recall = quotient(one.num_correct, one.num_images);
    one.precision = quotient(one.num_correct, one.num_predicted);
    one.f1 = quotient(2 * one.num_correct, one.num_images + one.num_predicted);
    if (one.num_images > 0) ++num_present;
    if (one.num_images + one.num_predicted > 0) ++num_met;
    scores.balanced_accuracy += one.recall;
    scores.macro_f1 += one.f1;
    scores.classes.push_back(one);
  }
  if (num_present > 0) scores.balanced_accuracy /= static_cast<double>(num_present);
  if (num_met > 0) scores.macro_f1 /= static_cast<double>(num_met);
  return scores;
}

}  // namespace assay::eval
