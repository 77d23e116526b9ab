#include "train/ema.h"

#include "train/training_fixture.h"

namespace assay::train {
namespace {

class EmaTest : public testing::Test {
 protected:
  void set_weights(double value) {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : net_.parameters()) parameter.fill_(value);
  }
  double weight() const { return net_.parameters()[0].flatten()[0].item<double>(); }

  TinyNet net_;
};

TEST_F(EmaTest, FollowsTheFormula) {
  set_weights(0.0);
  Ema ema(net_, {0.9, false});
  set_weights(1.0);
  ema.update(0);
  ema.update(1);
  ema.swap();
  EXPECT_NEAR(weight(), 1.0 - 0.9 * 0.9, 1e-6);
  ema.swap();
  EXPECT_EQ(weight(), 1.0);
}

TEST_F(EmaTest, WarmUpForgetsTheStartSooner) {
  set_weights(0.0);
  Ema ema(net_, {0.9, true});
  set_weights(1.0);
  ema.update(0);  // decay 1/10
  const EmaApplied applied(&ema);
  EXPECT_NEAR(weight(), 0.9, 1e-6);
}

TEST_F(EmaTest, AveragesBuffersAndCopiesCounts) {
  Ema ema(net_, {0.5, false});
  const auto buffers = net_.named_buffers();
  const torch::NoGradGuard no_grad;
  buffers["norm.running_mean"].fill_(2.0);
  buffers["norm.num_batches_tracked"].fill_(7);
  ema.update(0);
  const EmaApplied applied(&ema);
  EXPECT_NEAR(net_.named_buffers()["norm.running_mean"][0].item<double>(), 1.0, 1e-6);
  EXPECT_EQ(net_.named_buffers()["norm.num_batches_tracked"].item<std::int64_t>(), 7);
}

TEST_F(EmaTest, OptimizersSeeTheSwappedTensors) {
  const auto held = net_.parameters()[0];
  set_weights(0.0);
  Ema ema(net_, {0.5, false});
  set_weights(1.0);
  ema.swap();
  EXPECT_EQ(held.flatten()[0].item<double>(), 0.0);
  EXPECT_TRUE(held.requires_grad());
}

}  // namespace
}  // namespace assay::train
