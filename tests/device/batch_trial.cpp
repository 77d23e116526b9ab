#include "device/batch_trial.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <cmath>

#include "core/clock.h"
#include "core/rng.h"
#include "device/metering_allocator.h"
#include "device/out_of_memory.h"
#include "models/model.h"
#include "models/model_section.h"
#include "train/optimizers/optimizer.h"
#include "train/precision.h"

namespace assay::device {
namespace {

namespace nn = torch::nn;

constexpr std::int64_t kClasses = 10;
constexpr std::int64_t kLargest = 512;
constexpr std::int64_t kEvaluationBatch = 4;

nn::Conv2d conv(std::int64_t from, std::int64_t to, std::int64_t stride = 1) {
  return nn::Conv2d(nn::Conv2dOptions(from, to, 3).stride(stride).padding(1));
}

struct ResidualImpl : nn::Module {
  explicit ResidualImpl(std::int64_t width)
      : body(register_module("body", nn::Sequential(conv(width, width), nn::BatchNorm2d(width), nn::ReLU(),
                                                    conv(width, width), nn::BatchNorm2d(width)))) {}
  at::Tensor forward(const at::Tensor& images) { return torch::relu(images + body->forward(images)); }

  nn::Sequential body;
};
TORCH_MODULE(Residual);

nn::Sequential make_small_net(const BatchTrial& trial) {
  const auto w = trial.width;
  nn::Sequential net;
  if (trial.model == "dense") {
    net->push_back(nn::Flatten());
    net->push_back(nn::Linear(3 * trial.image_size * trial.image_size, 8 * w));
    net->push_back(nn::GELU());
    net->push_back(nn::Linear(8 * w, kClasses));
    return net;
  }
  net->push_back(conv(3, w));
  net->push_back(nn::ReLU());
  if (trial.model == "residual") net->push_back(Residual(w));
  net->push_back(conv(w, 2 * w, 2));
  if (trial.model == "batch_norm" || trial.model == "residual") net->push_back(nn::BatchNorm2d(2 * w));
  net->push_back(nn::SiLU());
  if (trial.model == "dropout") net->push_back(nn::Dropout(0.3));
  net->push_back(conv(2 * w, 2 * w));
  net->push_back(nn::MaxPool2d(2));
  net->push_back(nn::AdaptiveAvgPool2d(1));
  net->push_back(nn::Flatten());
  net->push_back(nn::Linear(2 * w, kClasses));
  return net;
}

config::Section optimizer_section(const std::string& name) {
  if (name == "plain sgd") return plugin_section("sgd", {{"lr", 1e-3}, {"momentum", 0.0}});
  return plugin_section(name, {{"lr", 1e-3}});
}

// A network, its optimizer and its averaged weights, trained step by step on random images.
class Training {
 public:
  explicit Training(const BatchTrial& trial) : trial_(trial) {
    torch::manual_seed(trial.seed);
    if (trial.model == "mobilenet_v3_small") {
      model_ = models::make_model(small_image_model(), kClasses, trial.seed);
      module_ = model_;
    } else {
      small_ = make_small_net(trial);
      module_ = small_.ptr();
    }
    module_->train();
    for (auto& parameter : module_->parameters()) {
      if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
      if (trial.averages) averages_.push_back(parameter.detach().clone());
    }
    optimizer_ = train::make_optimizer(optimizer_section(trial.optimizer), train::named_parameters(*module_));
  }

  void step(std::int64_t num_samples) {
    module_->zero_grad();
    const auto images = draw_images(num_samples);
    const auto labels = torch::randint(kClasses, {num_samples});
    nn::functional::cross_entropy(forward(images), labels).backward();
    optimizer_->step(1.0);
    if (trial_.averages) {
      const torch::NoGradGuard no_grad;
      at::_foreach_lerp_(averages_, module_->parameters(), 0.01);
    }
    if (!has_evaluated_) evaluate();
  }

 private:
  at::Tensor draw_images(std::int64_t count) const {
    return torch::rand({count, 3, trial_.image_size, trial_.image_size}).contiguous(at::MemoryFormat::ChannelsLast);
  }

  at::Tensor forward(const at::Tensor& images) {
    const train::PrecisionScope precision(trial_.bfloat16 ? train::Precision::kBf16 : train::Precision::kFp32,
                                          torch::kCPU);
    return (model_ ? model_->forward(images) : small_->forward(images)).to(at::kFloat);
  }

  void evaluate() {
    const torch::NoGradGuard no_grad;
    module_->eval();
    forward(draw_images(kEvaluationBatch));
    module_->train();
    has_evaluated_ = true;
  }

  const BatchTrial& trial_;
  std::shared_ptr<models::Model> model_;
  nn::Sequential small_{nullptr};
  std::shared_ptr<nn::Module> module_;
  std::unique_ptr<train::Optimizer> optimizer_;
  std::vector<at::Tensor> averages_;
  bool has_evaluated_ = false;
};

std::int64_t peak_of(MemoryMeter& meter, Training& training, std::int64_t num_samples) {
  meter.reset_peak();
  training.step(num_samples);
  return meter.peak_bytes();
}

// The largest size that fits, known to be at least `fits`.
std::int64_t bisect(Training& training, std::int64_t fits) {
  std::int64_t fails = kLargest + 1;
  while (fails - fits > 1) {
    const auto middle =
        fails > kLargest && 2 * fits < fails ? fits + std::max<std::int64_t>(1, fits / 16) : (fits + fails) / 2;
    (ran_within_memory([&] { training.step(middle); }) ? fits : fails) = middle;
  }
  return fits;
}

}  // namespace

std::string BatchTrial::describe() const {
  const auto name = model == "mobilenet_v3_small" ? model : fmt::format("{} {}", model, width);
  return fmt::format("{}, {} px, {}{}, {}", name, image_size, optimizer, averages ? " + average" : "",
                     bfloat16 ? "bf16" : "fp32");
}

BatchTrial draw_batch_trial(std::uint64_t number, bool small) {
  Rng rng(number, Stream::kBenchmark);
  const std::array models = {"plain", "batch_norm", "dropout", "residual", "dense", "mobilenet_v3_small"};
  const std::array optimizers = {"sgd", "adamw", "rmsprop", "plain sgd"};
  BatchTrial trial;
  trial.seed = number;
  trial.model = models.at(rng.below(small ? 5 : 6));
  trial.optimizer = optimizers.at(rng.below(4));
  const bool is_large = trial.model == "mobilenet_v3_small";
  trial.image_size = small ? 24 + 4 * rng.below(4) : 24 + 4 * rng.below(is_large ? 4 : 11);
  trial.width = small ? 16 + 8 * rng.below(3) : 16 + 8 * rng.below(5);
  trial.bfloat16 = rng.chance(0.4F);
  trial.averages = rng.chance(0.5F);
  const auto most = small ? 60.0F : is_large && trial.bfloat16 ? 40.0F : 250.0F;
  trial.aimed_size = std::lround(std::exp(rng.uniform(std::log(3.0F), std::log(most))));
  return trial;
}

BatchTrialResult run_batch_trial(const BatchTrial& trial) {
  const auto meter = make_host_memory_meter();
  set_host_memory_budget(0);
  BatchTrialResult result;
  {
    Training measured(trial);
    result.budget_bytes = peak_of(*meter, measured, 2);
    result.budget_bytes = std::max(result.budget_bytes, peak_of(*meter, measured, trial.aimed_size));
  }
  result.budget_bytes +=
      Rng(trial.seed, Stream::kBenchmark, 1).below(static_cast<std::uint32_t>(result.budget_bytes / 20));
  Training training(trial);
  set_host_memory_budget(result.budget_bytes);
  BatchSearch search;
  search.largest = kLargest;
  search.budget_bytes = result.budget_bytes;
  const Stopwatch watch;
  result.found = find_micro_batch(search, *meter, [&](std::int64_t count) { training.step(count); });
  result.search_seconds = watch.seconds();
  result.out_of_memory = !ran_within_memory([&] {
    for (int i = 0; i < 3; ++i) {
      result.actual_peak_bytes =
          std::max(result.actual_peak_bytes, peak_of(*meter, training, result.found.num_samples));
    }
  });
  result.largest = bisect(training, result.found.num_samples);
  set_host_memory_budget(0);
  return result;
}

}  // namespace assay::device
