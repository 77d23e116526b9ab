#include "train/loop.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <cmath>
#include <optional>

#include "core/clock.h"
#include "core/error.h"
#include "core/progress.h"
#include "core/stop.h"
#include "eval/accuracy.h"
#include "train/checkpoint.h"
#include "train/optimizers/optimizer.h"
#include "train/schedules/schedule.h"

namespace assay::train {
namespace {

namespace F = torch::nn::functional;

class Trainer {
 public:
  Trainer(const TrainOptions& options, const TrainInput& input)
      : options_(options),
        input_(input),
        optimizer_(make_optimizer(options.optimizer, named_parameters(input.model))),
        schedule_(
            make_schedule(options.schedule, options.epochs * input.train.num_batches(), input.train.num_batches())) {}

  TrainResult run() {
    for (std::int64_t epoch = 1; epoch <= options_.epochs && !result_.stopped_early; ++epoch) {
      const Stopwatch watch;
      auto record = train_epoch(epoch);
      validate(record);
      record.seconds = watch.seconds();
      keep_if_best(record);
      report(record);
      result_.stopped_early = epoch < options_.epochs && epoch - result_.best_epoch >= options_.patience;
    }
    load_weights(input_.model, input_.best_checkpoint);
    return std::move(result_);
  }

 private:
  Epoch train_epoch(std::int64_t epoch) {
    Epoch record;
    record.epoch = epoch;
    input_.model.train();
    input_.train.start_epoch(epoch);
    Progress progress(fmt::format("epoch {}/{}", epoch, options_.epochs), input_.train.num_batches());
    const Stopwatch watch;
    double loss_sum = 0.0;
    std::int64_t num_correct = 0, num_images = 0, num_batches = 0;
    while (const auto batch = input_.train.next()) {
      throw_if_stopped();
      const auto [loss, correct] = take_step(*batch, epoch, record);
      const auto count = batch->labels.size(0);
      loss_sum += loss * static_cast<double>(count);
      num_correct += correct;
      num_images += count;
      progress.update(++num_batches,
                      fmt::format("loss {:.3f}, {:.0f} images/s", loss_sum / static_cast<double>(num_images),
                                  static_cast<double>(num_images) / watch.seconds()));
    }
    record.train_loss = loss_sum / static_cast<double>(num_images);
    record.train_accuracy = static_cast<double>(num_correct) / static_cast<double>(num_images);
    record.images_per_second = static_cast<double>(num_images) / watch.seconds();
    return record;
  }

  std::pair<double, std::int64_t> take_step(const data::Batch& batch, std::int64_t epoch, Epoch& record) {
    optimizer_->zero_grad();
    const auto result =
        accumulate_gradients(input_.model, batch, input_.device, input_.micro_batch, options_.label_smoothing);
    if (!std::isfinite(result.first)) {
      throw Error(ErrorKind::kConfig,
                  fmt::format("the loss became {} in epoch {}, step {}", result.first, epoch, step_), "",
                  "lower train.optimizer.lr or lengthen the warm-up");
    }
    const auto factor = schedule_->factor(step_++);
    optimizer_->step(factor);
    record.learning_rate = optimizer_->learning_rate() * factor;
    return result;
  }

  void validate(Epoch& record) {
    input_.model.eval();
    const auto predict = [this](const at::Tensor& images) { return input_.model.forward(images); };
    const auto accuracy = eval::measure_accuracy(predict, input_.validation, input_.device, "validation");
    record.validation_loss = accuracy.loss;
    record.validation_accuracy = accuracy.value();
  }

  void keep_if_best(const Epoch& record) {
    if (record.validation_accuracy <= best_accuracy_) return;
    best_accuracy_ = record.validation_accuracy;
    result_.best_epoch = record.epoch;
    save_weights(input_.model, input_.best_checkpoint);
  }

  void report(const Epoch& record) {
    auto& sink = input_.sink;
    sink.log_metric("train/loss", record.train_loss, record.epoch);
    sink.log_metric("train/accuracy", record.train_accuracy, record.epoch);
    sink.log_metric("train/lr", record.learning_rate, record.epoch);
    sink.log_metric("train/images_per_second", record.images_per_second, record.epoch);
    sink.log_metric("val/loss", record.validation_loss, record.epoch);
    sink.log_metric("val/accuracy", record.validation_accuracy, record.epoch);
    sink.log_metric("best/val/accuracy", best_accuracy_, record.epoch);
    result_.history.push_back(record);
    if (input_.on_epoch) input_.on_epoch(record);
  }

  const TrainOptions& options_;
  const TrainInput& input_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Schedule> schedule_;
  TrainResult result_;
  double best_accuracy_ = -1.0;
  std::int64_t step_ = 0;
};

}  // namespace

std::pair<double, std::int64_t> accumulate_gradients(models::Model& model, const data::Batch& batch, c10::Device device,
                                                     std::int64_t micro_batch, double label_smoothing) {
  const auto num_images = batch.labels.size(0);
  const auto loss_options = F::CrossEntropyFuncOptions().label_smoothing(label_smoothing);
  auto loss_sum = torch::zeros({}, device);
  auto num_correct = torch::zeros({}, torch::TensorOptions(device).dtype(torch::kInt64));
  for (std::int64_t start = 0; start < num_images; start += micro_batch) {
    const auto count = std::min(micro_batch, num_images - start);
    const auto images = batch.images.narrow(0, start, count).to(device);  // (n, 3, H, W)
    const auto labels = batch.labels.narrow(0, start, count).to(device);  // (n)
    const auto logits = model.forward(images);                            // (n, K)
    const auto share = static_cast<double>(count) / static_cast<double>(num_images);
    const auto loss = F::cross_entropy(logits, labels, loss_options) * share;
    loss.backward();
    loss_sum += loss.detach();
    num_correct += logits.detach().argmax(1).eq(labels).sum();
  }
  return {loss_sum.item<double>(), num_correct.item<std::int64_t>()};
}

TrainResult train(const TrainOptions& options, const TrainInput& input) { return Trainer(options, input).run(); }

}  // namespace assay::train
