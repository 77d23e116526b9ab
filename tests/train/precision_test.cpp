#include "train/precision.h"

#include <torch/torch.h>

#include <limits>

#include "expect_error.h"

namespace assay::train {
namespace {

TEST(PrecisionTest, RefusesWhatTheDeviceCannotDo) {
  check_precision(Precision::kFp32, torch::kCPU, {});
  check_precision(Precision::kBf16, torch::kCPU, {"avx2", "avx512_bf16"});
  EXPECT_ERROR(check_precision(Precision::kBf16, torch::kCPU, {"avx2"}), kConfig, "no bfloat16 instructions");
  EXPECT_ERROR(check_precision(Precision::kTf32, torch::kCPU, {}), kConfig, "only CUDA devices");
  EXPECT_ERROR(check_precision(Precision::kFp16, torch::kCPU, {}), kConfig, "slower than float32");
  EXPECT_ERROR(parse_precision("half"), kConfig, "no such precision");
}

TEST(PrecisionTest, AutocastEndsWithItsScope) {
  const auto weight = torch::ones({2, 2});
  {
    const PrecisionScope scope(Precision::kBf16, torch::kCPU);
    EXPECT_EQ(torch::linear(weight, weight).scalar_type(), torch::kBFloat16);
  }
  EXPECT_EQ(torch::linear(weight, weight).scalar_type(), torch::kFloat32);
}

class LossScalerTest : public testing::Test {
 protected:
  bool unscale(float gradient) {
    gradients_ = {torch::full({3}, gradient)};
    return scaler_.unscale(gradients_);
  }
  LossScaler scaler_{Precision::kFp16, torch::kCPU};
  std::vector<at::Tensor> gradients_;
};

TEST_F(LossScalerTest, TakesItsScaleOutOfTheGradients) {
  EXPECT_EQ(scaler_.scale(torch::ones({})).item<double>(), 65536.0);
  EXPECT_TRUE(unscale(65536.0F));
  EXPECT_TRUE(gradients_[0].equal(torch::ones({3})));
}

TEST_F(LossScalerTest, BacksOffWhenGradientsOverflow) {
  EXPECT_FALSE(unscale(std::numeric_limits<float>::infinity()));
  EXPECT_EQ(scaler_.factor(), 32768.0);
  EXPECT_TRUE(unscale(1.0F));
}

TEST_F(LossScalerTest, GrowsAfterManyGoodSteps) {
  for (int i = 0; i < 2000; ++i) unscale(1.0F);
  EXPECT_EQ(scaler_.factor(), 131072.0);
}

TEST_F(LossScalerTest, DoesNothingForOtherPrecisions) {
  LossScaler none(Precision::kBf16, torch::kCPU);
  EXPECT_TRUE(none.state().empty());
  EXPECT_EQ(none.factor(), 1.0);
}

}  // namespace
}  // namespace assay::train
