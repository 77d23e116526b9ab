#include "compress/technique.h"

#include <torch/torch.h>

#include "compress/quantized_network.h"
#include "expect_error.h"
#include "models/trained_model.h"

namespace assay::compress {
namespace {

models::Graph depthwise_graph() {
  models::Node input{.id = 0, .op = models::Op::kInput, .name = "input", .inputs = {}};
  models::Node node{.id = 1, .op = models::Op::kConv, .name = "depthwise", .inputs = {0}};
  node.conv = torch::nn::Conv2d(torch::nn::Conv2dOptions(16, 16, 3).groups(16).padding(1));
  const torch::NoGradGuard no_grad;
  node.conv->weight.fill_(1.0);
  node.conv->bias.zero_();
  return {input, node};
}

class TechniqueTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    model_ = train_small_model();
    calibration_ = draw_images(64, 100).images;
    const auto test = draw_images(300, 200);
    images_ = test.images;
    labels_ = test.labels;
  }

  static void TearDownTestSuite() { model_.reset(); }

  static at::Tensor run(const torch::jit::Module& module) {
    torch::NoGradGuard no_grad;
    auto copy = module;
    return copy.forward({images_}).toTensor();
  }

  static at::Tensor float_logits() {
    torch::NoGradGuard no_grad;
    return model_->forward(images_);
  }

  /// Compares logits with the float network's. Units: of the standard deviation over images.
  static double relative_error(const at::Tensor& logits) {
    const auto exact = float_logits();
    const auto spread = (exact - exact.mean(0)).square().mean().sqrt();
    return ((logits - exact).square().mean().sqrt() / spread).item<double>();
  }

  static inline std::shared_ptr<models::Model> model_;
  static inline at::Tensor calibration_;
  static inline at::Tensor images_;
  static inline at::Tensor labels_;
};

TEST_F(TechniqueTest, KeepsAccuracy) {
  const auto accuracy = [](const at::Tensor& logits) {
    return (logits.argmax(1) == labels_).to(at::kFloat).mean().item<double>();
  };
  const auto exact = accuracy(float_logits());
  EXPECT_GT(exact, 0.9);  // otherwise the comparison would say little
  for (const auto* name : {"dynamic_int8", "static_int8"}) {
    EXPECT_GT(accuracy(run(make_technique(plugin_section(name))->compress({*model_, calibration_}).module)),
              exact - 0.015)
        << name;
  }
}

TEST_F(TechniqueTest, DynamicInt8StaysNearFloat) {
  const auto technique = make_technique(plugin_section("dynamic_int8"));
  EXPECT_LT(relative_error(run(technique->compress({*model_, calibration_}).module)), 0.02);
}

TEST_F(TechniqueTest, StaticInt8StaysNearFloatOnEveryEngine) {
  for (const auto* engine : {"fbgemm", "x86", "onednn"}) {
    const auto technique = make_technique(plugin_section("static_int8", {{"engine", std::string(engine)}}));
    const auto compressed = technique->compress({*model_, calibration_});
    EXPECT_EQ(compressed.engine, engine);
    EXPECT_LT(relative_error(run(compressed.module)), 0.15) << engine;
  }
}

TEST_F(TechniqueTest, BiasCorrectionCancelsTheMeanShift) {
  const auto mean_shift = [&](bool corrected) {
    const QuantizedNetwork network(model_->graph(), calibration_,
                                   {.range = {}, .largest_grouped_weight = 64, .correct_bias = corrected});
    torch::NoGradGuard no_grad;
    const auto difference = network.forward(calibration_) - model_->forward(calibration_);
    return difference.mean(0).abs().mean().item<double>();
  };
  EXPECT_LT(mean_shift(true), 0.5 * mean_shift(false));
}

TEST_F(TechniqueTest, LargestWeightsAndActivationsDoNotSaturate) {
  for (const auto* engine : {"fbgemm", "x86", "onednn"}) {
    const EngineScope scope(engine);
    for (const std::int64_t kernel : {3, 5}) {
      const auto options = torch::nn::Conv2dOptions(576, 576, kernel).groups(576).padding(kernel / 2);
      models::Node node{.id = 1, .op = models::Op::kConv, .name = "depthwise", .inputs = {0}};
      node.conv = torch::nn::Conv2d(options);
      const auto weight = quantize_weight(torch::ones({576, 1, kernel, kernel}), largest_grouped_weight(engine, 255));
      const auto input = at::quantize_per_tensor(torch::full({1, 576, 9, 9}, 255.0), 1.0, 0, at::kQUInt8);
      const auto exact = 255.0 * static_cast<double>(kernel * kernel);
      const auto output = conv(input, pack_conv(node, weight, torch::zeros({576})), {exact / 250, 0}, /*relu=*/false);
      EXPECT_NEAR(output.dequantize().max().item<double>(), exact, exact / 250) << engine;
    }
  }
}

TEST_F(TechniqueTest, SevenBitsHoldBeyondTheMeasuredRange) {
  const EngineScope scope("fbgemm");
  const QuantizedNetwork network(model_->graph(), calibration_,
                                 {.range = {.method = RangeMethod::kMinMax, .max_level = 127},
                                  .largest_grouped_weight = largest_grouped_weight("fbgemm", 127)});
  const auto far_out = 4.0 * calibration_;
  const auto at_the_edge = far_out.clamp(calibration_.min(), calibration_.max());
  EXPECT_TRUE(torch::equal(network.forward(far_out), network.forward(at_the_edge)));
}

TEST_F(TechniqueTest, SevenBitsStayNearFloat) {
  const auto technique = make_technique(plugin_section("static_int8", {{"activation_bits", std::int64_t{7}}}));
  EXPECT_LT(relative_error(run(technique->compress({*model_, calibration_}).module)), 0.17);
}

// The sums of pairs of products in a depthwise convolution have 16 bits: a level above 127 beside weights of 127, which
// suit 7 bits, made 9.67 of 14.17.
TEST_F(TechniqueTest, SevenBitDepthwiseSumsDoNotSaturate) {
  const EngineScope scope("fbgemm");
  models::Graph graph = depthwise_graph();
  const auto calibration = torch::rand({8, 16, 9, 9});
  const QuantizedNetwork network(graph, calibration,
                                 {.range = {.method = RangeMethod::kMinMax, .max_level = 127},
                                  .largest_grouped_weight = largest_grouped_weight("fbgemm", 127),
                                  .correct_bias = false});
  const auto bright = torch::full({1, 16, 9, 9}, 200.0 / 127.0);
  // Nine ones in the middle of the picture, each bounded by the measured range of inputs.
  EXPECT_NEAR(network.forward(bright).max().item<double>(),
              network.forward(torch::ones_like(bright)).max().item<double>(), 1e-6);
}

TEST_F(TechniqueTest, RecordedModuleComputesWhatTheNetworkComputes) {
  const EngineScope engine("fbgemm");
  const auto largest = largest_grouped_weight("fbgemm", 255);
  const QuantizedNetwork network(model_->graph(), calibration_, {.range = {}, .largest_grouped_weight = largest});
  const auto technique = make_technique(plugin_section("static_int8", {{"activation_bits", std::int64_t{8}}}));
  EXPECT_TRUE(torch::equal(run(technique->compress({*model_, calibration_}).module), network.forward(images_)));
}

TEST_F(TechniqueTest, CalibratesInPiecesToTheSameNetwork) {
  const EngineScope engine("fbgemm");
  const auto logits = [&](std::int64_t num_at_once) {
    const QuantizedNetwork network(model_->graph(), calibration_,
                                   {.range = {}, .largest_grouped_weight = 64, .num_at_once = num_at_once});
    return network.forward(images_);
  };
  const auto whole = logits(64);
  for (const std::int64_t num_at_once : {1, 7, 32}) {
    const auto difference = (logits(num_at_once) - whole).abs().max().item<double>();
    EXPECT_LT(difference, 0.05 * whole.abs().max().item<double>()) << num_at_once;
  }
}

TEST_F(TechniqueTest, LooksAtTheGivenImagesOnly) {
  const auto technique = make_technique(plugin_section("static_int8"));
  const auto first = run(technique->compress({*model_, calibration_}).module);
  const auto again = run(technique->compress({*model_, calibration_.clone()}).module);
  const auto other = run(technique->compress({*model_, 3.0 * calibration_}).module);
  EXPECT_TRUE(torch::equal(first, again));
  EXPECT_FALSE(torch::equal(first, other));
}

TEST_F(TechniqueTest, LeavesModelAndEngineAsTheyWere) {
  const auto before = float_logits();
  const auto engine = at::globalContext().qEngine();
  model_->train();
  for (const auto* name : {"dynamic_int8", "static_int8"}) {
    const auto compressed =
        make_technique(plugin_section(name, {{"engine", std::string("onednn")}}))->compress({*model_, calibration_});
    EXPECT_FALSE(compressed.settings.empty());
    EXPECT_EQ(at::globalContext().qEngine(), engine) << name;
    EXPECT_TRUE(model_->is_training()) << name;
  }
  model_->eval();
  EXPECT_TRUE(torch::equal(float_logits(), before));
}

TEST_F(TechniqueTest, EngineIsRestoredAfterAnError) {
  const auto engine = at::globalContext().qEngine();
  EXPECT_ANY_THROW(make_technique(plugin_section("static_int8", {{"engine", std::string("onednn")}}))
                       ->compress({*model_, torch::zeros({0, 3, 32, 32})}));
  EXPECT_EQ(at::globalContext().qEngine(), engine);
}

TEST_F(TechniqueTest, RefusesWhatItDoesNotKnow) {
  EXPECT_ERROR(make_technique(plugin_section("static_int9")), kConfig, "static_int8");
  EXPECT_ERROR(make_technique(plugin_section("static_int8", {{"engine", std::string("qnnpack")}})), kConfig,
               "section.engine");
  EXPECT_ERROR(make_technique(plugin_section("static_int8", {{"calibration_image", std::int64_t{9}}})), kConfig,
               "calibration_images");
}

TEST_F(TechniqueTest, AsksForTheConfiguredNumberOfImages) {
  EXPECT_EQ(make_technique(plugin_section("static_int8", {{"calibration_images", std::int64_t{77}}}))
                ->num_calibration_images(),
            77);
}

}  // namespace
}  // namespace assay::compress
