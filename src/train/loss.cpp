#include "train/loss.h"

#include <torch/torch.h>

#include "core/error.h"

namespace assay::train {

namespace F = torch::nn::functional;

Loss cross_entropy(double label_smoothing, const at::Tensor& class_weights) {
  auto options = F::CrossEntropyFuncOptions().label_smoothing(label_smoothing);
  if (class_weights.defined()) options.weight(class_weights).reduction(torch::kSum);
  const auto mean = [options, is_sum = class_weights.defined()](const at::Tensor& logits, const at::Tensor& labels) {
    const auto loss = F::cross_entropy(logits, labels, options);
    return is_sum ? loss / static_cast<double>(labels.size(0)) : loss;
  };
  return [mean](const LossInput& input) {
    auto loss = mean(input.logits, input.labels);
    if (!input.other_labels.defined()) return loss;
    return loss * input.share + mean(input.logits, input.other_labels) * (1.0 - input.share);
  };
}

at::Tensor class_weights(const std::string& kind, const at::Tensor& labels, std::int64_t num_classes) {
  if (kind == "none") return {};
  ASSAY_CHECK(kind == "balanced" || kind == "sqrt");
  const auto counts = torch::bincount(labels, {}, num_classes).to(torch::kFloat64);  // (K)
  ASSAY_CHECK(counts.size(0) == num_classes);
  const auto weights = counts.pow(kind == "balanced" ? -1.0 : -0.5).masked_fill(counts == 0, 0.0);
  return (weights * (counts.sum() / (weights * counts).sum())).to(torch::kFloat32);
}

}  // namespace assay::train
