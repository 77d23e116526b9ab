#include "compress/range.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "core/json.h"
#include "expect_error.h"

namespace assay::compress {
namespace {

using models::Activation;

double error_of(const at::Tensor& values, QuantParams params, std::int64_t max_level) {
  const auto rounded = at::fake_quantize_per_tensor_affine(values, params.scale, params.zero_point, 0, max_level);
  return (rounded - values).square().mean().item<double>();
}

TEST(RangeTest, MinMaxCoversEverything) {
  const auto values = torch::linspace(-1.0, 3.0, 1000);
  const auto params = choose_range(values, Activation::kNone, {.method = RangeMethod::kMinMax});
  EXPECT_NEAR(params.scale, 4.0 / 255, 1e-6);
  EXPECT_EQ(params.zero_point, 64);
}

TEST(RangeTest, RepresentsZeroExactlyWhateverTheSign) {
  const auto positive =
      choose_range(torch::linspace(2.0, 3.0, 100), Activation::kNone, {.method = RangeMethod::kMinMax});
  EXPECT_EQ(positive.zero_point, 0);
  const auto negative =
      choose_range(torch::linspace(-3.0, -2.0, 100), Activation::kNone, {.method = RangeMethod::kMinMax});
  EXPECT_EQ(negative.zero_point, 255);
}

TEST(RangeTest, MseClipsWhereThatLessensTheError) {
  torch::manual_seed(1);
  const auto values = torch::randn({10'000});
  const auto minmax = choose_range(values, Activation::kNone, {.method = RangeMethod::kMinMax, .max_level = 15});
  const auto mse = choose_range(values, Activation::kNone, {.method = RangeMethod::kMse, .max_level = 15});
  EXPECT_LT(mse.scale, minmax.scale);
  EXPECT_LT(error_of(values, mse, 15), 0.7 * error_of(values, minmax, 15));
}

TEST(RangeTest, MseSpendsNoLevelsWhereTheActivationIsFlat) {
  const auto values = torch::linspace(-30.0, 6.0, 10'000);
  const auto params = choose_range(values, Activation::kHardswish, {.method = RangeMethod::kMse});
  const auto low = -params.scale * static_cast<double>(params.zero_point);
  EXPECT_GT(low, -6.0);
  EXPECT_LE(low, -2.5);
}

TEST(RangeTest, PercentileDropsTheOutermostValues) {
  const auto values = torch::linspace(0.0, 100.0, 10'001);
  const auto params = choose_range(values, Activation::kNone, {.method = RangeMethod::kPercentile, .percentile = 90.0});
  EXPECT_NEAR(params.scale * 255, 90.0, 0.5);
}

TEST(RangeTest, PercentileLooksAtMoreThanItsTail) {
  auto values = torch::linspace(0.0, 1.0, 400'000);
  values[0] = 50.0;  // one outlier of 400,000 lies beyond 99.99 %
  const auto params =
      choose_range(values, Activation::kNone, {.method = RangeMethod::kPercentile, .percentile = 99.99});
  EXPECT_NEAR(params.scale * 255, 1.0, 0.01);
}

TEST(RangeTest, TheDivisionIntoPiecesChangesNothing) {
  torch::manual_seed(2);
  const auto values = torch::randn({60, 7, 5, 5}) * 3.0;
  for (const auto method : {RangeMethod::kMinMax, RangeMethod::kPercentile, RangeMethod::kMse}) {
    const auto whole = choose_range(values.repeat({9, 1, 1, 1}), Activation::kHardswish, {.method = method});
    RangeObserver observer(9 * values.numel(), {.method = method});
    for (const auto& piece : values.repeat({9, 1, 1, 1}).split(37)) observer.observe(piece);
    const auto pieces = observer.choose(Activation::kHardswish);
    EXPECT_EQ(pieces.scale, whole.scale);
    EXPECT_EQ(pieces.zero_point, whole.zero_point);
  }
}

// Reads golden/quantization.json, written by golden/quantization.py with torch.ao's observers.
TEST(RangeTest, MovingAverageAndHistogramAreThoseOfTorchAo) {
  const auto golden = read_json(std::filesystem::path(ASSAY_SOURCE_DIR) / "tests/golden/quantization.json");
  for (const auto& one : golden["ranges"]) {
    for (const auto* name : {"moving_average", "histogram"}) {
      RangeObserver observer(1000, {.method = find_range_method(name)});
      for (const auto& batch : one["batches"]) observer.observe(torch::tensor(batch.get<std::vector<float>>()));
      const auto params = observer.choose(Activation::kNone);
      EXPECT_NEAR(params.scale / one[name]["scale"].get<double>(), 1.0, 1e-4) << name;
      EXPECT_EQ(params.zero_point, one[name]["zero_point"].get<std::int64_t>()) << name;
    }
  }
}

TEST(RangeTest, HistogramClipsWhereThatLessensTheError) {
  torch::manual_seed(1);
  const auto values = torch::randn({100'000});
  const auto minmax = choose_range(values, Activation::kNone, {.method = RangeMethod::kMinMax, .max_level = 15});
  const auto histogram = choose_range(values, Activation::kNone, {.method = RangeMethod::kHistogram, .max_level = 15});
  EXPECT_LT(error_of(values, histogram, 15), 0.8 * error_of(values, minmax, 15));
}

TEST(RangeTest, HistogramsRangeGrowsFromASingleValue) {
  RangeObserver observer(101, {.method = RangeMethod::kHistogram});
  observer.observe(torch::full({1}, 0.5));
  observer.observe(torch::linspace(0.0, 1.0, 100));
  EXPECT_NEAR(observer.choose(Activation::kNone).scale, 1.0 / 255, 1e-4);
}

TEST(RangeTest, RefusesUnknownMethods) { EXPECT_ERROR(find_range_method("kl"), kConfig, "\"kl\""); }

TEST(RangeTest, SevenBitsHalveTheLevels) {
  const auto values = torch::linspace(0.0, 1.0, 100);
  const auto params = choose_range(values, Activation::kNone, {.method = RangeMethod::kMinMax, .max_level = 127});
  EXPECT_NEAR(params.scale, 1.0 / 127, 1e-6);
}

TEST(RangeTest, ConstantZeroIsNoTrouble) {
  for (const auto method : {RangeMethod::kMinMax, RangeMethod::kPercentile, RangeMethod::kMse,
                            RangeMethod::kMovingAverage, RangeMethod::kHistogram}) {
    const auto params = choose_range(torch::zeros({10}), Activation::kNone, {.method = method});
    EXPECT_GT(params.scale, 0.0);
    EXPECT_TRUE(std::isfinite(params.scale));
  }
}

}  // namespace
}  // namespace assay::compress
