#include "compress/fake_quantize.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/json.h"
#include "expect_error.h"

namespace assay::compress {
namespace {

using models::Activation;

/// Reads golden/fake_quantize.json, written by golden/fake_quantize.py with torch's operators and the paper's code.
Json golden() { return read_json(std::filesystem::path(ASSAY_SOURCE_DIR) / "tests/golden/fake_quantize.json"); }

at::Tensor tensor(const Json& one, const char* key) { return torch::tensor(one[key].get<std::vector<float>>()); }

at::Tensor shaped(const Json& one, const char* key) {
  return tensor(one, key).view(one["shape"].get<std::vector<std::int64_t>>());
}

void expect_near(const at::Tensor& actual, const at::Tensor& expected, const char* what, double tolerance = 1e-5) {
  EXPECT_TRUE(actual.flatten().allclose(expected.flatten(), 1e-4, tolerance)) << what << '\n' << actual << expected;
}

void expect_scale_step(const at::Tensor& scale, const Json& one, double rate) {
  expect_near(scale.grad(), tensor(one, "scale_gradient"), "gradient of the scale",
              1e-4);  // the file rounds scales to 7 digits
  const torch::NoGradGuard no_grad;
  torch::optim::SGD({scale}, torch::optim::SGDOptions(rate)).step();
  expect_near(scale, tensor(one, "scale_after"), "scale after a step");
}

TEST(ValueQuantizerTest, LearnsItsScaleAsThePaperDoes) {
  const auto cases = golden();
  for (const auto& one : cases["learned_values"]) {
    const auto max_level = one["max_level"].get<std::int64_t>();
    ValueQuantizer quantizer({one["scale"][0].get<double>(), one["zero_point"].get<std::int64_t>()},
                             {.training = RangeTraining::kLsq, .max_level = max_level, .highest_level = max_level});
    const auto values = shaped(one, "values").requires_grad_();
    const auto output = quantizer.forward(values);
    expect_near(output, tensor(one, "output"), "output");
    output.backward(shaped(one, "upstream"));
    expect_near(values.grad(), tensor(one, "gradient"), "gradient");
    expect_scale_step(quantizer.named_parameters()["scale"], one, cases["rate"]);
  }
}

TEST(WeightQuantizerTest, RoundsEachChannelAsTorchDoes) {
  const auto cases = golden();
  for (const auto& one : cases["weights"]) {
    const auto weight = shaped(one, "values").requires_grad_();
    const WeightQuantizer quantizer(weight, RangeTraining::kMovingAverage, one["largest"]);
    const auto output = quantizer.forward(weight);
    expect_near(output, tensor(one, "output"), "output");
    output.backward(shaped(one, "upstream"));
    expect_near(weight.grad(), tensor(one, "gradient"), "gradient");
  }
}

TEST(WeightQuantizerTest, LearnsItsScalesAsThePaperDoes) {
  const auto cases = golden();
  for (const auto& one : cases["learned_weights"]) {
    const auto weight = shaped(one, "values").requires_grad_();
    WeightQuantizer quantizer(weight, RangeTraining::kLsq, one["largest"]);
    const auto scale = quantizer.named_parameters()["scale"];
    {
      const torch::NoGradGuard no_grad;
      scale.copy_(tensor(one, "scale"));
    }
    const auto output = quantizer.forward(weight);
    expect_near(output, tensor(one, "output"), "output");
    output.backward(shaped(one, "upstream"));
    expect_near(weight.grad(), tensor(one, "gradient"), "gradient");
    expect_scale_step(scale, one, cases["rate"]);
  }
}

TEST(WeightQuantizerTest, FoldsToTheVeryIntegers) {
  torch::manual_seed(3);
  const auto weight = torch::randn({4, 3, 3, 3});
  const auto gain = torch::tensor({2.0, -0.3, 0.0, 1e-3}, torch::kDouble);
  for (const auto training : {RangeTraining::kMovingAverage, RangeTraining::kLsq}) {
    WeightQuantizer quantizer(weight, training, 127);
    if (training == RangeTraining::kLsq) {
      const torch::NoGradGuard no_grad;
      quantizer.named_parameters()["scale"].mul_(0.5);  // the largest weights saturate, at -127 too
    }
    const auto folded = quantizer.quantize(weight, gain);
    const auto expected = quantizer.forward(weight).detach().to(torch::kDouble) * gain.view({4, 1, 1, 1});
    EXPECT_TRUE(folded.dequantize().to(torch::kDouble).allclose(expected, 1e-5, 1e-9));
    EXPECT_EQ(folded.int_repr().abs().max().item<std::int64_t>(), 127);
    EXPECT_EQ(folded.int_repr().min().item<std::int64_t>(), -127);
  }
}

TEST(ValueQuantizerTest, AveragesTheEndsOfBatchesInTraining) {
  ValueQuantizer quantizer({4.0 / 255.0, 64}, {});
  const auto range = [&] {
    const auto [scale, zero_point] = quantizer.params();
    return scale * 255.0;
  };
  const auto values = torch::tensor({-2.0F, 8.0F}, torch::requires_grad());
  quantizer.eval();
  quantizer.forward(values);
  EXPECT_NEAR(range(), 4.0, 1e-5) << "not in evaluation";
  quantizer.train();
  quantizer.set_frozen(true);
  quantizer.forward(values);
  EXPECT_NEAR(range(), 4.0, 1e-5) << "not once it is frozen";
  quantizer.set_frozen(false);
  {
    const torch::NoGradGuard no_grad;
    quantizer.forward(values);
  }
  EXPECT_NEAR(range(), 4.0, 1e-5) << "not where statistics of BatchNorm are recomputed";
  quantizer.forward(values);
  EXPECT_NEAR(range(), 4.0 + 0.01 * (10.0 - 4.0), 1e-4);
}

TEST(ValueQuantizerTest, PassesValuesBeforeRoundingBegins) {
  ValueQuantizer quantizer({1.0, 0}, {});
  const auto values = torch::tensor({0.3F, 700.0F});
  quantizer.eval();
  quantizer.set_rounding(false);
  EXPECT_TRUE(quantizer.forward(values).equal(values));
  quantizer.set_rounding(true);
  EXPECT_TRUE(quantizer.forward(values).equal(torch::tensor({0.0F, 255.0F})));
}

TEST(ValueQuantizerTest, AFrozenScaleHasNoGradient) {
  ValueQuantizer quantizer({0.1, 0}, {.training = RangeTraining::kLsq});
  quantizer.set_frozen(true);
  quantizer.forward(torch::rand({2, 3}).requires_grad_()).sum().backward();
  EXPECT_FALSE(quantizer.named_parameters()["scale"].grad().defined());
}

TEST(ValueQuantizerTest, ALearnedRangeStaysWhereTheLayerCanSaturate) {
  ValueQuantizer quantizer({5.0 / 255.0, 0}, {.training = RangeTraining::kLsq, .largest_value = 6.0});
  const auto scale = quantizer.named_parameters()["scale"];
  {
    const torch::NoGradGuard no_grad;
    scale.fill_(0.1);
  }
  EXPECT_NEAR(quantizer.params().scale, 6.0 / 255.0, 1e-7);
  quantizer.limit_scale();
  EXPECT_NEAR(scale.item<double>(), 6.0 / 255.0, 1e-7);
  {
    const torch::NoGradGuard no_grad;
    scale.fill_(-0.1);
  }
  EXPECT_GT(quantizer.params().scale, 0.0);
}

TEST(ValueQuantizerTest, TakesTheScaleThatAKernelHasOfItsOwn) {
  for (const auto training : {RangeTraining::kMovingAverage, RangeTraining::kLsq}) {
    const ValueQuantizer quantizer({1.0 / 255.0, 0}, {.training = training, .activation = Activation::kHardsigmoid});
    EXPECT_EQ(quantizer.params().scale, 1.0 / 256.0);
    EXPECT_TRUE(quantizer.parameters().empty());
  }
}

TEST(ValueQuantizerTest, RefusesUnknownRanges) { EXPECT_ERROR(find_range_training("pact"), kConfig, "\"pact\""); }

}  // namespace
}  // namespace assay::compress
