#include <gtest/gtest.h>
#include <torch/torch.h>

#include "compress/one_step.h"
#include "compress/quantized_network.h"
#include "expect_error.h"
#include "models/model_section.h"

namespace assay::compress {
namespace {

using models::Activation;

/// Makes a network whose layer "block.0" has a weight that is 10,000 times as large as the others, for an input that is
/// always 0: in int8 nothing is left of the others.
std::shared_ptr<models::Model> network_with_a_bad_layer() {
  torch::manual_seed(2);
  auto model = std::make_shared<models::Model>();
  auto node =
      model->add_conv("block.0", model->add_input(),
                      {.in_channels = 3, .out_channels = 8, .bias = true, .activation = Activation::kHardswish});
  node = model->add_conv("block.1", node,
                         {.in_channels = 8, .out_channels = 8, .bias = true, .activation = Activation::kRelu});
  model->add_linear("head", model->add_flatten(model->add_global_pool(node)), 8, 4, Activation::kNone);
  model->eval();
  const torch::NoGradGuard no_grad;
  model->named_parameters()["block.0.weight"].select(1, 0).fill_(3000.0);
  return model;
}

at::Tensor draw(std::int64_t count) {
  torch::manual_seed(3);
  auto images = torch::randn({count, 3, 6, 6});
  images.select(1, 0).zero_();
  return images;
}

struct Result {
  std::vector<std::string> float_layers;
  std::string recorded;
  double error;  ///< root of the mean square, relative to the spread of the logits over images
};

Result quantize(const std::vector<std::pair<std::string, config::Value::Data>>& options) {
  const auto model = network_with_a_bad_layer();
  const auto output = run_step(plugin_section("static_int8", options), model, draw(64));
  const auto& network = dynamic_cast<const QuantizedNetwork&>(*output.network.quantized);
  const torch::NoGradGuard no_grad;
  const auto exact = model->forward(draw(64));
  const auto spread = (exact - exact.mean(0)).square().mean().sqrt();
  Result result{network.float_layers(), "",
                ((network.forward(draw(64)) - exact).square().mean().sqrt() / spread).item<double>()};
  for (const auto& [key, value] : output.settings) {
    if (key == "float_layers") result.recorded = value;
  }
  return result;
}

TEST(FloatLayersTest, AreThoseThatAreNamed) {
  const auto all_in_int8 = quantize({});
  EXPECT_TRUE(all_in_int8.float_layers.empty());
  EXPECT_EQ(all_in_int8.recorded, "none");
  EXPECT_GT(all_in_int8.error, 0.5) << "otherwise there would be nothing to help";
  const auto one = quantize({{"keep_float", text_array({"block.0"})}});
  EXPECT_EQ(one.float_layers, std::vector<std::string>{"block.0"});
  EXPECT_EQ(one.recorded, "block.0");
  EXPECT_LT(one.error, 0.3);
  const auto both = quantize({{"keep_float", text_array({"block", "head"})}});
  EXPECT_EQ(both.float_layers, (std::vector<std::string>{"block.0", "block.1", "head"}));
}

TEST(FloatLayersTest, AreNotCountedAsConverted) {
  testing::internal::CaptureStderr();
  quantize({{"keep_float", text_array({"head"})}, {"calibration_images", std::int64_t{64}}});
  const auto text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("step 1/3: preparing the calibration set of 64 images\n"), std::string::npos) << text;
  EXPECT_NE(text.find("step 2/3: converting (2 of 3 layers)\n"), std::string::npos) << text;
  EXPECT_NE(text.find("step 3/3: done, model size 0.00 MB\n"), std::string::npos) << text;
}

TEST(FloatLayersTest, AreFoundByTheirNoise) {
  const auto found = quantize({{"min_sqnr_db", 15.0}});
  EXPECT_EQ(found.float_layers, std::vector<std::string>{"block.0"});
  EXPECT_EQ(found.recorded.find("block.0; the others have "), 0U) << found.recorded;
  EXPECT_LT(found.error, 0.3);
}

TEST(FloatLayersTest, RefuseNamesOfNoLayer) {
  EXPECT_ERROR(quantize({{"keep_float", text_array({"blok.1"})}}), kConfig, "\"blok.1\", which is no layer");
  EXPECT_ERROR(quantize({{"keep_float", text_array({"bloc"})}}), kConfig, "\"bloc\", which is no layer");
}

}  // namespace
}  // namespace assay::compress
