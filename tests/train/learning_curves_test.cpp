// Repeats the 50 steps of golden/learning_curves.json, recorded from PyTorch's optimizers and schedulers.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "config/toml.h"
#include "core/json.h"
#include "models/model.h"
#include "train/optimizers/optimizer.h"
#include "train/schedules/schedule.h"

namespace assay::train {
namespace {

namespace F = torch::nn::functional;

// As in golden/learning_curves.py, which computes images and weights by the same arithmetic.
constexpr std::int64_t kBatch = 32, kNumBatches = 10, kNumClasses = 10, kSize = 12;
constexpr std::int64_t kStream = 1 << 24;
constexpr std::int64_t kImages = kStream, kLabels = 2 * kStream, kPrototypes = 3 * kStream, kValidation = 4 * kStream,
                       kWeights = 5 * kStream;
constexpr std::int64_t kLow32Bits = 0xFFFFFFFF;

at::Tensor uniform(std::int64_t begin, at::IntArrayRef shape) {
  auto bits = torch::arange(begin, begin + c10::multiply_integers(shape), torch::kInt64);
  for (const std::int64_t multiplier : {2654435761, 2246822519, 3266489917}) {
    bits = (bits * multiplier).bitwise_and(kLow32Bits);
    bits = bits.bitwise_xor(bits.bitwise_right_shift(15));
  }
  return (bits.bitwise_right_shift(8).to(torch::kFloat) / (1 << 23) - 1).reshape(shape);
}

struct LabelledImages {
  at::Tensor images;  ///< (N, 3, 12, 12)
  at::Tensor labels;  ///< (N)
};

LabelledImages make_data(std::int64_t count, std::int64_t begin) {
  const auto labels = ((uniform(begin + kLabels, {count}) + 1) * (kNumClasses / 2.0)).to(torch::kInt64);
  const auto coarse = uniform(kPrototypes, {kNumClasses, 3, kSize / 4, kSize / 4});
  const auto patterns = coarse.repeat_interleave(4, 2).repeat_interleave(4, 3);
  return {patterns.index_select(0, labels) + uniform(begin + kImages, {count, 3, kSize, kSize}), labels};
}

class SmallNet final : public models::Model {
 public:
  SmallNet() {
    auto node = add_conv_norm("0", add_input(), {.in_channels = 3, .out_channels = 12, .kernel = 3});
    node = add_conv_norm("3", node, {.in_channels = 12, .out_channels = 12, .kernel = 3, .stride = 2, .groups = 12});
    node = add_conv_norm("6", node, {.in_channels = 12, .out_channels = 24});
    add_linear("11", add_flatten(add_global_pool(node)), 24, kNumClasses, models::Activation::kNone);
    torch::NoGradGuard no_grad;
    auto position = kWeights;
    for (auto& parameter : parameters()) {
      if (parameter.dim() < 2) continue;
      const auto num_inputs = parameter.numel() / parameter.size(0);
      parameter.copy_(uniform(position, parameter.sizes()) * std::sqrt(6.0 / static_cast<double>(num_inputs)));
      position += parameter.numel();
    }
    named_parameters()["11.bias"].zero_();
  }

 private:
  models::NodeId add_conv_norm(const std::string& path, models::NodeId input, ConvOptions options) {
    options.activation = models::Activation::kHardswish;
    const auto node = add_conv(path, input, options);
    add_batch_norm(std::to_string(std::stoi(path) + 1), node, 1e-5, 0.1);
    return node;
  }
};

std::string to_toml(const Json& value) {
  if (!value.is_object()) return value.dump();
  std::string text;
  for (const auto& [key, entry] : value.items()) text += (text.empty() ? "" : ", ") + key + " = " + to_toml(entry);
  return "{" + text + "}";
}

config::Section to_section(const Json& options) {
  std::string text;
  for (const auto& [key, value] : options.items()) text += key + " = " + to_toml(value) + "\n";
  return {config::parse_toml(text, "curve.toml"), "section", {"curve.toml", 1, 1}};
}

class Training {
 public:
  explicit Training(const Json& curve)
      : curve_(curve), schedule_(make_schedule(to_section(curve["schedule"]), num_steps(), kNumBatches)) {
    restart();
  }

  /// Makes a new optimizer, with the state of the previous one if there is one.
  void restart() {
    NamedTensors before;
    if (optimizer_)
      for (const auto& [name, tensor] : optimizer_->state()) before.emplace_back(name, tensor.clone());
    optimizer_ = make_optimizer(to_section(curve_["optimizer"]), named_parameters(net_));
    const auto after = optimizer_->state();
    for (std::size_t i = 0; i < before.size(); ++i) {
      ASSERT_EQ(before[i].first, after.at(i).first);
      after[i].second.copy_(before[i].second);
    }
  }

  /// Takes one step and returns its loss.
  double step() {
    const auto begin = step_ % kNumBatches * kBatch;
    optimizer_->zero_grad();
    const auto loss =
        F::cross_entropy(net_.forward(train_.images.narrow(0, begin, kBatch)), train_.labels.narrow(0, begin, kBatch));
    loss.backward();
    optimizer_->step(schedule_->factor(step_));
    if (++step_ % kNumBatches == 0) schedule_->observe(validate());
    return loss.item<double>();
  }

  std::int64_t num_steps() const { return static_cast<std::int64_t>(curve_["losses"].size()); }

 private:
  double validate() {
    const torch::NoGradGuard no_grad;
    net_.eval();
    const auto loss = F::cross_entropy(net_.forward(validation_.images), validation_.labels).item<double>();
    net_.train();
    return loss;
  }

  const Json& curve_;
  SmallNet net_;
  LabelledImages train_ = make_data(kBatch * kNumBatches, 0);
  LabelledImages validation_ = make_data(64, kValidation);
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Schedule> schedule_;
  std::int64_t step_ = 0;
};

Json read_curves() { return read_json(std::filesystem::path(ASSAY_SOURCE_DIR) / "tests/golden/learning_curves.json"); }

TEST(LearningCurvesTest, EqualPyTorchs) {
  for (const auto& curve : read_curves()) {
    Training training(curve);
    double worst = 0.0;
    for (const double expected : curve["losses"])
      worst = std::max(worst, std::abs(training.step() - expected) / expected);
    const auto name = [&](const char* part) { return curve[part]["name"].get<std::string>(); };
    fmt::print("{:.1e} {} {}\n", worst, name("optimizer"), name("schedule"));
    EXPECT_LT(worst, 1e-5) << curve["optimizer"].dump() << " " << curve["schedule"].dump();
  }
}

TEST(LearningCurvesTest, GoOnWithTheSameBitsInAnOptimizerMadeAnew) {
  at::set_num_threads(1);
  for (const auto& curve : read_curves()) {
    Training whole(curve), resumed(curve);
    for (int step = 0; step < 12; ++step) {
      if (step % 4 == 3) resumed.restart();
      ASSERT_EQ(whole.step(), resumed.step()) << curve["optimizer"].dump() << " step " << step;
    }
  }
}

TEST(LearningCurvesTest, CoverEveryOptimizer) {
  for (const auto& plugin : describe_optimizers()) {
    const auto curves = read_curves();
    const auto covers = [&](const Json& curve) { return curve["optimizer"]["name"] == plugin.name; };
    EXPECT_TRUE(std::any_of(curves.begin(), curves.end(), covers)) << plugin.name;
  }
}

}  // namespace
}  // namespace assay::train
