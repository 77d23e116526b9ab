#include "eval/accuracy.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/terminal.h"
#include "device/out_of_memory.h"

namespace assay::eval {
namespace {

/// Computes logits of as many images at a time as memory suffices for.
class Predictor {
 public:
  Predictor(const Predict& predict, c10::Device device, const std::string& title)
      : predict_(predict), device_(device), title_(title) {}

  /// Shapes: images (B, 3, H, W) -> (B, K) float, on the device.
  at::Tensor operator()(const at::Tensor& images) {
    at::Tensor logits;
    while (!device::ran_within_memory([&] { logits = predict_in_parts(images); })) halve(images.size(0));
    return logits;
  }

 private:
  at::Tensor predict_in_parts(const at::Tensor& images) const {
    std::vector<at::Tensor> logits;
    for (const auto& part : images.split(std::min(most_, images.size(0)))) {
      logits.push_back(predict_(part.to(device_)).to(torch::kFloat32));
    }
    return logits.size() == 1 ? logits.front() : torch::cat(logits);
  }

  void halve(std::int64_t num_images) {
    const auto tried = std::min(most_, num_images);
    if (tried <= 1) {
      throw Error(ErrorKind::kConfig, fmt::format("{}: a single image does not fit into memory", title_), "",
                  "free memory, use a smaller image or model, or raise device.memory_budget");
    }
    most_ = (tried + 1) / 2;
    print_status("out of memory in {}: continuing with {} images at a time instead of {}\n", title_, most_, tried);
  }

  const Predict& predict_;
  c10::Device device_;
  const std::string& title_;
  std::int64_t most_ = std::numeric_limits<std::int64_t>::max();  // images at a time
};

}  // namespace

Accuracy measure_accuracy(const Predict& predict, data::Loader& loader, c10::Device device, const std::string& title) {
  const torch::NoGradGuard no_grad;
  Accuracy result;
  double loss_sum = 0.0;
  std::vector<at::Tensor> predictions, all_labels;
  Predictor logits_of(predict, device, title);
  Progress progress(title, loader.num_samples());
  loader.start_epoch(0);
  while (const auto batch = loader.next()) {
    throw_if_stopped();
    const auto labels = batch->labels.to(device);  // (B)
    const auto logits = logits_of(batch->images);  // (B, K)
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
