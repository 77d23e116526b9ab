#include "train/loss.h"

#include <torch/torch.h>

namespace assay::train {

namespace F = torch::nn::functional;

Loss cross_entropy(double label_smoothing) {
  const auto options = F::CrossEntropyFuncOptions().label_smoothing(label_smoothing);
  return [options](const LossInput& input) {
    auto loss = F::cross_entropy(input.logits, input.labels, options);
    if (!input.other_labels.defined()) return loss;
    return loss * input.share + F::cross_entropy(input.logits, input.other_labels, options) * (1.0 - input.share);
  };
}

}  // namespace assay::train
