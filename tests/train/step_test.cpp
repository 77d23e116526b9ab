#include "train/step.h"

#include <limits>

#include "expect_error.h"
#include "train/state.h"
#include "train/training_fixture.h"

namespace assay::train {
namespace {

class StepTest : public testing::Test {
 protected:
  StepTest() {
    options_.optimizer = section("name = \"sgd\"\nlr = 0.1\nmomentum = 0.0\nnesterov = false\nweight_decay = 0.0");
  }

  StepResult step(TinyNet& net, const data::Batch& batch, const StepOptions& step_options) {
    options_.schedule = section("name = \"constant\"");
    TrainState state(options_, net, step_options.precision, torch::kCPU, 1);
    Stepper stepper(net, state, loss_, torch::kCPU, step_options);
    StepTimes times;
    const auto result = stepper.step(batch, {1, 0, 0}, 1.0, times);
    micro_batch_ = stepper.micro_batch();
    return result;
  }

  // Without BatchNorm in training mode and without dropout, parts of a batch are independent of each other.
  static TinyNet plain_net() {
    TinyNet net(0.0);
    net.eval();
    return net;
  }

  data::Images images_ = two_classes(32);
  data::Batch batch_{images_.pixels.narrow(0, 0, 10).to(torch::kFloat32) / 255.0, images_.labels.narrow(0, 0, 10)};
  TrainOptions options_;
  Loss loss_ = cross_entropy(0.1);
  std::int64_t micro_batch_ = 0;
};

TEST_F(StepTest, MicroBatchesAddUpToTheWholeBatch) {
  auto whole = plain_net(), split = plain_net();
  const auto whole_result = step(whole, batch_, {10});
  const auto split_result = step(split, batch_, {4});  // 4, 3 and 3 images
  EXPECT_NEAR(whole_result.loss, split_result.loss, 1e-6);
  EXPECT_EQ(whole_result.num_correct, split_result.num_correct);
  EXPECT_LT((all_values(whole) - all_values(split)).abs().max().item<double>(), 1e-6);
}

TEST_F(StepTest, ClippingBoundsTheStep) {
  auto net = plain_net();
  const auto before = all_values(net).clone();
  const auto result = step(net, batch_, {10, 0.01});
  EXPECT_GT(result.gradient_norm, 0.01);
  EXPECT_NEAR((all_values(net) - before).norm().item<double>(), 0.1 * 0.01, 1e-5);
}

TEST_F(StepTest, ABatchThatGivesNoNumberChangesNothing) {
  TinyNet net;
  net.train();
  const auto before = all_values(net).clone();
  auto bad = batch_;
  bad.images = bad.images.clone();
  bad.images[0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(step(net, bad, {10}).outcome, StepOutcome::kNotFinite);
  EXPECT_TRUE(all_values(net).equal(before));  // BatchNorm's statistics too
}

TEST_F(StepTest, GradientsThatAreNotFiniteChangeNothing) {
  TinyNet net;
  net.train();
  const auto before = all_values(net).clone();
  // Finite forward, infinite backward: the square root's slope at 0.
  loss_ = [](const LossInput& input) { return (input.logits - input.logits.detach()).sqrt().sum(); };
  const auto result = step(net, batch_, {10});
  EXPECT_TRUE(std::isfinite(result.loss));
  EXPECT_EQ(result.outcome, StepOutcome::kNotFinite);
  EXPECT_TRUE(all_values(net).equal(before));
}

TEST_F(StepTest, NoPassHasASingleImageWhereThereIsBatchNorm) {
  EXPECT_EQ(divide_batch(9, 4, 2), (std::vector<std::int64_t>{3, 3, 3}));
  EXPECT_EQ(divide_batch(3, 2, 2), (std::vector<std::int64_t>{3}));
  EXPECT_EQ(divide_batch(3, 2, 1), (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(divide_batch(128, 50, 2), (std::vector<std::int64_t>{43, 43, 42}));
  EXPECT_EQ(divide_batch(1, 4, 2), (std::vector<std::int64_t>{1}));
  TinyNet net;
  net.train();
  const data::Batch nine{batch_.images.narrow(0, 0, 9), batch_.labels.narrow(0, 0, 9)};
  EXPECT_EQ(step(net, nine, {4}).outcome, StepOutcome::kTaken);
}

TEST_F(StepTest, DropoutDependsOnThePlaceOfTheStepAlone) {
  TinyNet first, second;
  first.train();
  second.train();
  step(first, batch_, {4});
  torch::manual_seed(99);
  torch::rand({10});
  step(second, batch_, {4});
  EXPECT_TRUE(all_values(first).equal(all_values(second)));
}

TEST_F(StepTest, MixedLabelsShareTheLossAndTheHits) {
  auto net = plain_net();
  auto mixed = batch_;
  mixed.other_labels = 1 - mixed.labels;
  mixed.share = 0.5;
  const auto result = step(net, mixed, {10});
  EXPECT_EQ(result.num_correct, 5.0);  // each image is half right, whatever the prediction
}

TEST_F(StepTest, OutOfMemoryHalvesTheMicroBatchAndRedoesTheStep) {
  TinyNet halved, small;  // with BatchNorm and dropout, so that only the same passes give the same bits
  halved.train();
  small.train();
  const auto plain = loss_;
  loss_ = [plain, num_calls = 0](const LossInput& input) mutable {
    TORCH_CHECK_WITH(OutOfMemoryError, ++num_calls != 2, "no memory");  // in the second pass of three
    return plain(input);
  };
  const auto result = step(halved, batch_, {4});
  EXPECT_EQ(micro_batch_, 2);
  loss_ = plain;
  EXPECT_EQ(step(small, batch_, {2}).loss, result.loss);
  EXPECT_TRUE(all_values(halved).equal(all_values(small)));
}

TEST_F(StepTest, SaysSoWhenNotEvenTwoImagesFit) {
  auto net = plain_net();
  loss_ = [](const LossInput&) -> at::Tensor { TORCH_CHECK_WITH(OutOfMemoryError, false, "no memory"); };
  EXPECT_ERROR(step(net, batch_, {10}), kConfig, "a training step of 2 images does not fit");
}

TEST_F(StepTest, Bfloat16ComesCloseToFloat32) {
  auto exact = plain_net(), rounded = plain_net();
  const auto exact_result = step(exact, batch_, {10});
  const auto rounded_result = step(rounded, batch_, {10, 0.0, Precision::kBf16});
  EXPECT_NE(exact_result.loss, rounded_result.loss);
  EXPECT_NEAR(exact_result.loss, rounded_result.loss, 0.02 * exact_result.loss);
}

}  // namespace
}  // namespace assay::train
