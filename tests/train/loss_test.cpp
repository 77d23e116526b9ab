#include "train/loss.h"

#include <cmath>
#include <filesystem>

#include "core/json.h"
#include "train/state.h"
#include "train/step.h"
#include "train/training_fixture.h"

namespace assay::train {
namespace {

/// Reads golden/imbalance.json, written by golden/imbalance.py with scikit-learn and PyTorch.
Json golden(const char* key) {
  return read_json(std::filesystem::path(ASSAY_SOURCE_DIR) / "tests/golden/imbalance.json")[key];
}

at::Tensor to_labels(const Json& values) { return torch::tensor(values.get<std::vector<std::int64_t>>()); }

at::Tensor to_floats(const Json& values) {
  return torch::tensor(values.get<std::vector<double>>(), torch::kFloat64).to(torch::kFloat32);
}

at::Tensor to_logits(const Json& rows) {
  std::vector<at::Tensor> logits;
  for (const auto& row : rows) logits.push_back(to_floats(row));
  return torch::stack(logits);
}

TEST(LossTest, WeightedSumIsPyTorchsDividedByTheImages) {
  const auto cases = golden("losses");
  ASSERT_EQ(cases.size(), 3U);
  for (const auto& one : cases) {
    const auto logits = to_logits(one["logits"]), weights = to_floats(one["class_weights"]);
    const auto labels = to_labels(one["labels"]);
    const double label_smoothing = one["label_smoothing"];
    const auto loss = cross_entropy(label_smoothing, weights)({{}, logits, labels, {}}).item<double>();
    const auto count = static_cast<double>(labels.numel());
    EXPECT_NEAR(loss, one["sum"].get<double>() / count, 1e-5) << one;
    const auto weight_sum = weights.index_select(0, labels).sum().item<double>();
    EXPECT_NEAR(loss * count / weight_sum, one["mean"].get<double>(), 1e-5) << one;
  }
}

TEST(LossTest, EqualWeightsChangeNothing) {
  torch::manual_seed(1);
  const auto logits = torch::randn({9, 3});
  const auto labels = torch::arange(9).remainder(3), others = 2 - labels;
  const auto weighted = cross_entropy(0.1, torch::ones({3})), plain = cross_entropy(0.1);
  for (const auto& other : {at::Tensor(), others}) {
    const LossInput input{{}, logits, labels, other, 0.3};
    EXPECT_NEAR(weighted(input).item<double>(), plain(input).item<double>(), 1e-5);
  }
}

TEST(LossTest, WeightedMicroBatchesAddUpToTheWholeBatch) {
  const auto images = two_classes(10);
  const auto labels = torch::tensor({0, 0, 0, 0, 0, 0, 1, 0, 1, 0}, torch::kInt64);  // passes of unequal weight
  const auto step = [&](std::int64_t micro_batch) {
    TrainOptions options;
    options.optimizer = section("name = \"sgd\"\nlr = 0.1");
    options.schedule = section("name = \"constant\"");
    TinyNet net(0.0);
    net.eval();  // without BatchNorm in training mode, parts of a batch are independent of each other
    TrainState state(options, net, Precision::kFp32, torch::kCPU, 1);
    Stepper stepper(net, state, cross_entropy(0.1, torch::tensor({0.5F, 3.0F})), torch::kCPU, {micro_batch});
    StepTimes times;
    const auto loss = stepper.step({images.pixels.to(torch::kFloat32) / 255.0, labels}, {1, 0, 0}, 1.0, times).loss;
    return std::make_pair(loss, all_values(net));
  };
  const auto [whole_loss, whole] = step(10);
  const auto [split_loss, split] = step(4);
  EXPECT_NEAR(whole_loss, split_loss, 1e-6);
  EXPECT_LT((whole - split).abs().max().item<double>(), 1e-6);
}

TEST(ClassWeightsTest, BalancedAreScikitLearns) {
  for (const auto& one : golden("weights")) {
    const auto weights = class_weights("balanced", to_labels(one["labels"]), 5);
    auto expected = torch::zeros({5});
    expected.index_copy_(0, to_labels(one["classes"]), to_floats(one["balanced"]));
    EXPECT_TRUE(weights.allclose(expected)) << one;
  }
}

TEST(ClassWeightsTest, HaveTheMeanOneOverTheImages) {
  const auto labels = torch::tensor({0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, torch::kInt64);
  for (const auto* kind : {"balanced", "sqrt"}) {
    EXPECT_NEAR(class_weights(kind, labels, 2).index_select(0, labels).mean().item<double>(), 1.0, 1e-6) << kind;
  }
  const auto weights = class_weights("sqrt", labels, 2);
  EXPECT_NEAR((weights[1] / weights[0]).item<double>(), 3.0, 1e-6);  // nine times as rare
  EXPECT_FALSE(class_weights("none", labels, 2).defined());
}

// The labels that count are those of the training images.
TEST(ClassWeightsTest, ATrainingTakesThemFromItsImages) {
  SmallTraining training;
  training.loss = {};
  training.images.labels = torch::arange(128).remainder(8).eq(0).to(torch::kInt64);  // 16 of class 1
  const auto loss_of_both = [&](const std::string& kind) {
    training.options.class_weights = kind;
    training.options.label_smoothing = 0.0;
    TinyNet net;
    LastPoint sink;
    return training.with_input(net, "", sink, [&](const TrainInput& input) {
      const auto logits = torch::zeros({2, 2});
      const auto labels = torch::arange(2);
      return loss_of(training.options, input)({{}, logits, labels, {}}).item<double>();
    });
  };
  const auto balanced = (8.0 / 14.0 + 8.0 / 2.0) / 2.0;  // n / (2 n_c) with 84 and 12 of 96 images
  EXPECT_NEAR(loss_of_both("balanced"), std::log(2.0) * balanced, 1e-6);
  EXPECT_NEAR(loss_of_both("none"), std::log(2.0), 1e-6);
}

}  // namespace
}  // namespace assay::train
