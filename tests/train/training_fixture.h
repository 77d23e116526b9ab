#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>
#include <string>

#include "config/toml.h"
#include "data/memory_images.h"
#include "data/split.h"
#include "train/loop.h"

namespace assay::train {

/// A small network with the layers that make training hard to repeat: dropout and BatchNorm.
class TinyNet final : public models::Model {
 public:
  explicit TinyNet(double dropout = 0.2) {
    torch::manual_seed(3);
    auto node = add_conv("conv", add_input(), {.in_channels = 3, .out_channels = 8, .kernel = 3});
    add_batch_norm("norm", node, 1e-5, 0.1);
    node = add_conv("second", node,
                    {.in_channels = 8, .out_channels = 8, .bias = true, .activation = models::Activation::kRelu});
    node = add_flatten(add_global_pool(node));
    node = add_dropout("dropout", node, dropout);
    add_linear("head", node, 8, 2, models::Activation::kNone);
  }
};

/// Draws noise images: dark ones are class 0, bright ones class 1.
inline data::Images two_classes(std::int64_t count) {
  torch::manual_seed(5);
  const auto labels = torch::arange(count).remainder(2);
  const auto noise = torch::randint(0, 100, {count, 3, 8, 8});
  return {(noise + labels.view({-1, 1, 1, 1}) * 120).to(torch::kUInt8), labels};
}

inline config::Section section(const std::string& text) {
  return {config::parse_toml(text, "t.toml"), "x", {"t.toml", 1, 1}};
}

class LastPoint final : public MetricSink {
 public:
  void log_metric(std::string_view key, double value, std::int64_t step) override {
    points[std::string(key)] = {value, step};
  }
  std::map<std::string, std::pair<double, std::int64_t>> points;
};

/// Trains a TinyNet on two_classes with every stateful feature on: augmentation, mixing, accumulation, averaged
/// weights, a plateau-free schedule, momentum.
struct SmallTraining {
  TrainOptions options = make_options();
  std::int64_t micro_batch = 6;  // of batches of 16: 6, 5, 5
  Precision precision = Precision::kFp32;
  bool checkpoints_gradients = false;
  std::int64_t num_workers = 1;
  Settings settings = {{"train.optimizer.lr", "0.1"}};
  data::Images images = two_classes(128);
  bool one_is_missing = false;  // a training image, so that the worker preparing it fails
  Loss loss = cross_entropy(0.1);
  double rate_scale = 1.0;
  double rate_warmup_epochs = 0.0;
  std::function<void(std::int64_t step, std::int64_t num_steps)> before_step = {};
  bool holds_zeros = false;

  static TrainOptions make_options() {
    TrainOptions options;
    options.epochs = 4;
    options.ema.decay = 0.9;
    options.clip_norm = 5.0;
    options.optimizer = section("name = \"sgd\"\nlr = 0.1");
    options.schedule = section("name = \"cosine\"");
    return options;
  }

  /// Calls `work` with the inputs of run(), and returns its result.
  template <typename Work>
  auto with_input(models::Model& model, const std::filesystem::path& folder, MetricSink& sink, const Work& work) const {
    const auto partition = data::split_validation(images.labels, 0.25, 1);
    data::LoadingOptions loading;
    loading.loader.num_workers = num_workers;
    loading.augment = {"padded_crop", "flip", "mixup"};
    loading.augmentations = section("padded_crop = {pixels = 1}");
    const data::Normalization normalization{{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}};
    const auto count = one_is_missing ? partition.train.back() : images.labels.size(0);
    const data::Images present{images.pixels.narrow(0, 0, count), images.labels.narrow(0, 0, count)};
    const auto preprocessing = images.preprocessing(normalization);
    auto train_loader = data::Loader::for_training(present.at(partition.train), preprocessing, loading, 16, 1);
    auto validation_loader = data::Loader::for_evaluation(images.at(partition.validation), preprocessing, 16);
    return work(TrainInput{model,
                           train_loader,
                           validation_loader,
                           torch::kCPU,
                           {micro_batch, options.clip_norm, precision, 1},
                           folder,
                           settings,
                           sink,
                           {},
                           loss,
                           rate_scale,
                           rate_warmup_epochs,
                           before_step,
                           /*has_statistics=*/false,
                           holds_zeros});
  }

  TrainResult run(models::Model& model, const std::filesystem::path& folder, MetricSink& sink) const {
    model.set_gradient_checkpointing(checkpoints_gradients);
    return with_input(model, folder, sink, [this](const TrainInput& input) { return train(options, input); });
  }
};

/// Returns all parameters and buffers concatenated, for comparisons bit by bit.
inline at::Tensor all_values(const torch::nn::Module& module) {
  std::vector<at::Tensor> values;
  for (const auto& parameter : module.parameters()) values.push_back(parameter.detach().flatten());
  for (const auto& buffer : module.buffers()) values.push_back(buffer.to(torch::kFloat).flatten());
  return torch::cat(values);
}

}  // namespace assay::train
