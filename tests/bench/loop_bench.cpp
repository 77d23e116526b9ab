// Measures the training loop's overhead over LibTorch: bench_loop [rounds=15]. train() and the bare calls of LibTorch
// take turns at steps of a few small images, which need hardly any computation. The difference per step is the cost of
// the loop: loader, seeds, copies of BatchNorm's statistics, sums, progress, clock. It is compared with a bare step of
// 128 images of 32 pixels with two threads. Writes one Markdown row per model.

#include <ATen/ops/_fused_sgd.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstdlib>

#include "config/toml.h"
#include "core/clock.h"
#include "data/memory_images.h"
#include "models/model_section.h"
#include "temporary_folder.h"
#include "train/loop.h"

namespace {

using namespace assay;

constexpr std::int64_t kSmallBatch = 4, kSmallSide = 8, kSmallSteps = 300;
constexpr std::int64_t kBatch = 128, kSide = 32, kSteps = 8;
constexpr double kRate = 0.01;

class NoSink final : public MetricSink {
  void log_metric(std::string_view, double, std::int64_t) override {}
};

std::shared_ptr<models::Model> make_model(const config::Section& section) {
  auto model = models::make_model(section, 10, 1);
  model->train();
  for (auto& parameter : model->parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
  }
  return model;
}

config::Section section(const std::string& text) {
  return {config::parse_toml(text, "bench"), "bench", {"bench", 1, 1}};
}

// Returns the seconds of a step that only calls LibTorch.
double bare_step(const config::Section& which, std::int64_t batch, std::int64_t side, std::int64_t num_steps) {
  const auto model = make_model(which);
  const auto images = torch::rand({batch, 3, side, side}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto labels = torch::zeros({batch}, torch::kInt64);
  const auto parameters = model->parameters();
  std::vector<at::Tensor> momenta, gradients(parameters.size());
  for (const auto& parameter : parameters) momenta.push_back(torch::zeros_like(parameter));
  const auto step = [&] {
    torch::nn::functional::cross_entropy(model->forward(images), labels).backward();
    for (std::size_t i = 0; i < parameters.size(); ++i) gradients[i] = parameters[i].grad();
    const torch::NoGradGuard no_grad;
    at::_fused_sgd_(parameters, gradients, momenta, 5e-4, 0.9, kRate, 0.0, true, false, false);
    for (const auto& parameter : parameters) parameter.mutable_grad().reset();
  };
  for (int i = 0; i < 3; ++i) step();
  const Stopwatch watch;
  for (std::int64_t i = 0; i < num_steps; ++i) step();
  return watch.seconds() / static_cast<double>(num_steps);
}

// Returns the seconds of the same step inside train().
double step_of_loop(const config::Section& which) {
  const TemporaryFolder folder;
  const auto model = make_model(which);
  const auto count = kSmallBatch * kSmallSteps;
  const data::Images images{torch::randint(0, 255, {count, 3, kSmallSide, kSmallSide}, torch::kUInt8),
                            torch::zeros({count}, torch::kInt64)};
  const auto preprocessing = images.preprocessing({{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}});
  data::LoadingOptions loading;
  loading.augmentations = section("padded_crop = {pixels = 1}");
  auto loader = data::Loader::for_training(images.all(), preprocessing, loading, kSmallBatch, 1);
  auto validation = data::Loader::for_evaluation(images.at({0, 1, 2, 3}), preprocessing, kSmallBatch);
  train::TrainOptions options;
  options.epochs = 1;
  options.optimizer = section(fmt::format("name = \"sgd\"\nlr = {}", kRate));
  options.schedule = section("name = \"cosine\"");
  NoSink sink;
  train::StepOptions step;
  step.micro_batch = kSmallBatch;
  const train::TrainInput input{*model, loader, validation, torch::kCPU, step, folder.path(), {}, sink};
  return static_cast<double>(kSmallBatch) / train::train(options, input).history.front().images_per_second;
}

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
}

void compare(const std::string& name, const config::Section& which, int num_rounds) {
  std::vector<double> added, loop, full;
  for (int round = 0; round < num_rounds; ++round) {
    at::set_num_threads(1);
    const bool loop_first = round % 2 == 0;
    const auto first = loop_first ? step_of_loop(which) : bare_step(which, kSmallBatch, kSmallSide, kSmallSteps);
    const auto second = loop_first ? bare_step(which, kSmallBatch, kSmallSide, kSmallSteps) : step_of_loop(which);
    loop.push_back(loop_first ? first : second);
    added.push_back(loop_first ? first - second : second - first);
    at::set_num_threads(2);
    full.push_back(bare_step(which, kBatch, kSide, kSteps));
  }
  const auto step = quantile(full, 0.5);
  fmt::print("| {} | {:.3f} | {:.3f} ({:.3f} to {:.3f}) | {:.1f} | {:.2f} % ({:.2f} to {:.2f}) |\n", name,
             quantile(loop, 0.5) * 1e3, quantile(added, 0.5) * 1e3, quantile(added, 0.25) * 1e3,
             quantile(added, 0.75) * 1e3, step * 1e3, quantile(added, 0.5) / step * 100.0,
             quantile(added, 0.25) / step * 100.0, quantile(added, 0.75) / step * 100.0);
}

}  // namespace

int main(int argc, char** argv) {
  const int num_rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  fmt::print(
      "| model | a step of {} images of {} pixels in the loop, ms | of that the loop's, ms (quartiles) | a bare step "
      "of "
      "{} images of {} pixels, ms | added |\n|---|---|---|---|---|\n",
      kSmallBatch, kSmallSide, kBatch, kSide);
  compare("resnet20", plugin_section("resnet20"), num_rounds);
  compare("mobilenet_v3_small", small_image_model(), num_rounds);
}
