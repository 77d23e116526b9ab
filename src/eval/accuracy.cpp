#include "eval/accuracy.h"

#include <torch/torch.h>

#include "core/error.h"
#include "core/progress.h"
#include "core/stop.h"

namespace assay::eval {

Accuracy measure_accuracy(const Predict& predict, data::Loader& loader, c10::Device device, const std::string& title) {
  const torch::NoGradGuard no_grad;
  Accuracy result;
  double loss_sum = 0.0;
  std::vector<at::Tensor> predictions, all_labels;
  Progress progress(title, loader.num_samples());
  loader.start_epoch(0);
  while (const auto batch = loader.next()) {
    throw_if_stopped();
    const auto labels = batch->labels.to(device);                               // (B)
    const auto logits = predict(batch->images.to(device)).to(torch::kFloat32);  // (B, K)
    const auto predicted = logits.argmax(1);
    loss_sum += torch::nn::functional::cross_entropy(
                    logits, labels, torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum))
                    .item<double>();
    result.num_correct += predicted.eq(labels).sum().item<std::int64_t>();
    result.num_samples += labels.size(0);
    result.num_classes = logits.size(1);
    predictions.push_back(predicted.to(torch::kCPU));
    all_labels.push_back(batch->labels);
    progress.update(result.num_samples);
  }
  ASSAY_CHECK(result.num_samples > 0);
  result.loss = loss_sum / static_cast<double>(result.num_samples);
  result.predictions = torch::cat(predictions);
  result.labels = torch::cat(all_labels);
  return result;
}

double agreement(const at::Tensor& predictions, const at::Tensor& reference) {
  ASSAY_CHECK(predictions.numel() == reference.numel());
  return predictions.eq(reference).to(torch::kFloat64).mean().item<double>();
}

}  // namespace assay::eval
