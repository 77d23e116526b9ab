#include "train/norm_momentum.h"

#include <torch/torch.h>

#include "train/state.h"
#include "train/step.h"
#include "train/training_fixture.h"

namespace assay::train {
namespace {

torch::nn::BatchNorm2dImpl& norm_of(models::Model& model) {
  for (const auto& module : model.modules(/*include_self=*/false)) {
    if (auto* norm = module->as<torch::nn::BatchNorm2d>()) return *norm;
  }
  throw std::logic_error("no BatchNorm");
}

class NormMomentumTest : public testing::Test {
 protected:
  NormMomentumTest() { net_.train(); }

  at::Tensor images(std::int64_t i) const {
    return images_.pixels.narrow(0, 4 * i, 4).to(torch::kFloat32) / 255.0 + static_cast<double>(i);
  }

  TinyNet net_{0.0};
  torch::nn::BatchNorm2dImpl& norm_ = norm_of(net_);
  data::Images images_ = two_classes(64);
};

TEST_F(NormMomentumTest, StatisticsBeginAsPlainAverages) {
  const torch::NoGradGuard no_grad;
  norm_.running_mean.fill_(1000.0);
  const NormMomentum momentum(net_);
  at::Tensor sum = torch::zeros_like(norm_.running_mean);
  for (std::int64_t i = 0; i < 3; ++i) {
    norm_.options.momentum(1.0);
    net_.forward(images(i));  // leaves the mean of the batch alone
    norm_.options.momentum(0.1);
    sum += norm_.running_mean;
  }
  norm_.running_mean.fill_(1000.0);
  for (std::int64_t i = 0; i < 3; ++i) {
    const NormMomentum::Scope scope(momentum, i);
    net_.forward(images(i));
  }
  EXPECT_TRUE(norm_.running_mean.allclose(sum / 3.0, 1e-4, 1e-5));
  EXPECT_EQ(norm_.options.momentum(), 0.1);
}

TEST_F(NormMomentumTest, SettlesAtTheConfiguredMomentum) {
  const NormMomentum momentum(net_);
  EXPECT_FALSE(momentum.has_settled(8));
  EXPECT_TRUE(momentum.has_settled(9));
  const NormMomentum::Scope scope(momentum, 1000);
  EXPECT_EQ(norm_.options.momentum(), 0.1);
}

TEST_F(NormMomentumTest, EachPassOfAStepCounts) {
  TrainOptions options;
  options.optimizer = section("name = \"sgd\"\nlr = 1e-9");
  options.schedule = section("name = \"constant\"");
  TrainState state(options, net_, Precision::kFp32, torch::kCPU, 1);
  Stepper stepper(net_, state, cross_entropy(0.0), torch::kCPU, {4});
  const data::Batch batch{torch::cat({images(0), images(1)}), images_.labels.narrow(0, 0, 8)};
  StepTimes times;
  const auto step = [&](std::int64_t num_norm_steps) {
    norm_.running_mean.fill_(1000.0);
    stepper.step(batch, {1, 0, 0, num_norm_steps}, 1.0, times);
    return norm_.running_mean.max().item<double>();
  };
  EXPECT_LT(step(0), 100.0);                       // nothing is left of 1000
  EXPECT_NEAR(step(1), 1000.0 * 2.0 / 4.0, 10.0);  // passes 3 and 4: 2/3 * 3/4
  EXPECT_NEAR(step(100), 1000.0 * 0.9 * 0.9, 10.0);
}

}  // namespace
}  // namespace assay::train
