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

  TinyNet net_{0.0};
  torch::nn::BatchNorm2dImpl& norm_ = norm_of(net_);
  data::Images images_ = two_classes(64);
};

TEST_F(NormMomentumTest, FallsToTheConfiguredOne) {
  const NormMomentum momentum(net_);
  EXPECT_EQ(momentum.least(0), 1.0);
  EXPECT_EQ(momentum.least(20), 20.0 / 36.0);
  EXPECT_EQ(momentum.least(31), 20.0 / 36.0);
  EXPECT_EQ(momentum.least(128), 20.0 / 148.0);
  EXPECT_EQ(momentum.least(256), 0.0);  // 0.1 is configured
  {
    const NormMomentum::Scope scope(momentum, 0.0);
    EXPECT_EQ(norm_.options.momentum(), 0.1);
  }
  {
    const NormMomentum::Scope scope(momentum, 0.5);
    EXPECT_EQ(norm_.options.momentum(), 0.5);
  }
  EXPECT_EQ(norm_.options.momentum(), 0.1);
}

TEST_F(NormMomentumTest, FirstStepsForgetWhatStatisticsBeganWith) {
  TrainOptions options;
  options.optimizer = section("name = \"sgd\"\nlr = 1e-9");
  options.schedule = section("name = \"constant\"");
  TrainState state(options, net_, Precision::kFp32, torch::kCPU, 1);
  Stepper stepper(net_, state, cross_entropy(0.0), torch::kCPU, {4});
  const data::Batch batch{images_.pixels.narrow(0, 0, 8).to(torch::kFloat32) / 255.0, images_.labels.narrow(0, 0, 8)};
  StepTimes times;
  const auto left_after = [&](std::int64_t num_norm_steps) {
    norm_.running_mean.fill_(1000.0);
    stepper.step(batch, {1, 0, 0, num_norm_steps}, 1.0, times);
    return norm_.running_mean.max().item<double>() / 1000.0;
  };
  EXPECT_NEAR(left_after(0), 0.0, 0.01);
  EXPECT_NEAR(left_after(8), (1.0 - 20.0 / 36.0) * (1.0 - 20.0 / 36.0), 0.01);  // after 16 passes, two more
  EXPECT_NEAR(left_after(500), 0.9 * 0.9, 0.01);
}

}  // namespace
}  // namespace assay::train
