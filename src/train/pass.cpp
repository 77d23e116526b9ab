#include "train/pass.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/clock.h"

namespace assay::train {
namespace {

at::Tensor count_correct(const at::Tensor& predicted, const PassInput& input) {
  auto right = predicted.eq(input.labels).sum().to(torch::kFloat32);
  if (!input.other_labels.defined()) return right;
  return right * input.share + predicted.eq(input.other_labels).sum().to(torch::kFloat32) * (1.0 - input.share);
}

}  // namespace

Pass::Pass(models::Model& model, Loss loss, const LossScaler& scaler, Precision precision, c10::Device device)
    : model_(model),
      loss_of_(std::move(loss)),
      scaler_(scaler),
      precision_(precision),
      device_(device),
      loss_(torch::zeros({}, device)),
      num_correct_(torch::zeros({}, device)) {}

void Pass::start_step() {
  loss_.zero_();
  num_correct_.zero_();
}

PassTimes Pass::run(const PassInput& input) {
  const Stopwatch watch;
  at::Tensor logits, loss;
  {
    const PrecisionScope precision(precision_, device_);
    logits = model_.forward(input.images).to(torch::kFloat32);  // (n, K)
    loss = loss_of_({input.images, logits, input.labels, input.other_labels, input.share}) * input.weight;
  }
  loss_ += loss.detach();
  num_correct_ += count_correct(logits.detach().argmax(1), input);
  const auto forward = watch.seconds();
  scaler_.scale(loss).backward();
  return {forward, watch.seconds() - forward};
}

std::vector<std::int64_t> divide_batch(std::int64_t num_images, std::int64_t micro_batch, std::int64_t smallest) {
  const auto wanted = (num_images + micro_batch - 1) / micro_batch;
  const auto num_passes = std::max<std::int64_t>(1, std::min(wanted, num_images / smallest));
  std::vector<std::int64_t> counts(static_cast<std::size_t>(num_passes), num_images / num_passes);
  for (std::int64_t i = 0; i < num_images % num_passes; ++i) ++counts[static_cast<std::size_t>(i)];
  return counts;
}

}  // namespace assay::train
