#include "compress/step.h"

#include <torch/torch.h>

#include "compress/one_step.h"
#include "compress/quantized_network.h"
#include "compress/weight_int8.h"
#include "device/metering_allocator.h"
#include "expect_error.h"
#include "models/trained_model.h"

namespace assay::compress {
namespace {

std::shared_ptr<models::Model> depthwise_model() {
  auto model = std::make_shared<models::Model>();
  model->add_conv("depthwise", model->add_input(16),
                  {.in_channels = 16, .out_channels = 16, .kernel = 3, .groups = 16, .bias = true});
  const torch::NoGradGuard no_grad;
  for (auto& parameter : model->parameters()) parameter.fill_(parameter.dim() > 1 ? 1.0 : 0.0);
  return model;
}

class StepTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    model_ = train_small_model();
    calibration_ = draw_images(64, 100).images;
    const auto test = draw_images(300, 200);
    images_ = test.images;
    labels_ = test.labels;
  }

  static void TearDownTestSuite() { model_.reset(); }

  /// Computes the logits of the test images behind one step.
  static at::Tensor run(const config::Section& step, const at::Tensor& calibration = calibration_) {
    return run_step(step, model_, calibration).network.quantized->forward(images_);
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

TEST_F(StepTest, TriesEnginesAndNamesTheFastest) {
  const auto output = run_step(plugin_section("static_int8", {{"engine", std::string("auto")}}), model_, calibration_);
  const auto engine = output.network.quantized->engine();
  EXPECT_TRUE(engine == "fbgemm" || engine == "x86" || engine == "onednn") << engine;
  EXPECT_EQ(output.settings.front(), (std::pair<std::string, std::string>("engine", engine)));
  const EngineScope scope(engine);
  EXPECT_LT(relative_error(output.network.quantized->forward(images_)), 0.2);
}

TEST_F(StepTest, KeepsAccuracy) {
  const auto accuracy = [](const at::Tensor& logits) {
    return (logits.argmax(1) == labels_).to(at::kFloat).mean().item<double>();
  };
  const auto exact = accuracy(float_logits());
  EXPECT_GT(exact, 0.9);  // otherwise the comparison would say little
  for (const auto* name : {"dynamic_int8", "static_int8", "weight_int8"}) {
    EXPECT_GT(accuracy(run(plugin_section(name))), exact - 0.015) << name;
  }
}

TEST_F(StepTest, DynamicInt8StaysNearFloat) { EXPECT_LT(relative_error(run(plugin_section("dynamic_int8"))), 0.02); }

TEST_F(StepTest, WeightInt8StaysNearFloat) {
  EXPECT_LT(relative_error(run(plugin_section("weight_int8"))), 0.1);
  const WeightInt8Network network(model_);
  const auto folded = models::fold_batch_norm(model_->graph());
  std::size_t num_layers = 0;
  for (std::size_t id = 0; id < folded.size(); ++id) {
    const auto& layer = network.layers()[id];
    EXPECT_EQ(layer.levels.defined(), folded[id].weight.defined());
    if (!layer.levels.defined()) continue;
    ++num_layers;
    EXPECT_EQ(layer.levels.scalar_type(), at::kChar);
    const auto steps = (layer.levels.to(at::kFloat) - folded[id].weight / layer.scale).abs().max().item<double>();
    EXPECT_LT(steps, 0.501) << "each weight is rounded to the nearest level of its channel";
    EXPECT_TRUE(layer.levels.abs().flatten(1).amax(1).eq(127).all().item<bool>()) << "the largest has the last level";
  }
  EXPECT_GT(num_layers, 50U);
}

TEST_F(StepTest, StaticInt8StaysNearFloatOnEveryEngine) {
  for (const auto* engine : {"fbgemm", "x86", "onednn"}) {
    const auto step = plugin_section("static_int8", {{"engine", std::string(engine)}});
    EXPECT_EQ(run_step(step, model_, calibration_).network.quantized->engine(), engine);
    EXPECT_LT(relative_error(run(step)), 0.12) << engine;  // mostly of clipping: 0.10
    const auto unclipped =
        plugin_section("static_int8", {{"engine", std::string(engine)}, {"range", std::string("minmax")}});
    EXPECT_LT(relative_error(run(unclipped)), 0.065) << engine;  // of rounding alone: 0.05
  }
}

TEST_F(StepTest, BiasCorrectionCancelsTheMeanShift) {
  const auto mean_shift = [&](bool corrected) {
    const QuantizedNetwork network(model_, calibration_,
                                   {.range = {}, .largest_grouped_weight = 64, .correct_bias = corrected});
    torch::NoGradGuard no_grad;
    const auto difference = network.forward(calibration_) - model_->forward(calibration_);
    return difference.mean(0).abs().mean().item<double>();
  };
  EXPECT_LT(mean_shift(true), 0.5 * mean_shift(false));
}

TEST_F(StepTest, LargestWeightsAndActivationsDoNotSaturate) {
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

TEST_F(StepTest, SevenBitsHoldBeyondTheMeasuredRange) {
  const EngineScope scope("fbgemm");
  const QuantizedNetwork network(model_, calibration_,
                                 {.range = {.method = RangeMethod::kMinMax, .max_level = 127},
                                  .largest_grouped_weight = largest_grouped_weight("fbgemm", 127)});
  const auto far_out = 4.0 * calibration_;
  const auto at_the_edge = far_out.clamp(calibration_.min(), calibration_.max());
  EXPECT_TRUE(torch::equal(network.forward(far_out), network.forward(at_the_edge)));
}

TEST_F(StepTest, SevenBitsStayNearFloat) {
  EXPECT_LT(relative_error(run(plugin_section("static_int8", {{"activation_bits", std::int64_t{7}}}))), 0.145);
}

// The sums of pairs of products in a depthwise convolution have 16 bits: a level above 127 beside weights of 127, which
// suit 7 bits, made 9.67 of 14.17.
TEST_F(StepTest, SevenBitDepthwiseSumsDoNotSaturate) {
  const EngineScope scope("fbgemm");
  const auto calibration = torch::rand({8, 16, 9, 9});
  const QuantizedNetwork network(depthwise_model(), calibration,
                                 {.range = {.method = RangeMethod::kMinMax, .max_level = 127},
                                  .largest_grouped_weight = largest_grouped_weight("fbgemm", 127),
                                  .correct_bias = false});
  const auto bright = torch::full({1, 16, 9, 9}, 200.0 / 127.0);
  // Nine ones in the middle of the picture, each bounded by the measured range of inputs.
  EXPECT_NEAR(network.forward(bright).max().item<double>(),
              network.forward(torch::ones_like(bright)).max().item<double>(), 1e-6);
}

TEST_F(StepTest, CalibratesInPiecesToTheSameNetwork) {
  const EngineScope engine("fbgemm");
  const auto logits = [&](std::int64_t num_at_once) {
    const QuantizedNetwork network(model_, calibration_,
                                   {.range = {}, .largest_grouped_weight = 64, .num_at_once = num_at_once});
    return network.forward(images_);
  };
  const auto whole = logits(64);
  for (const std::int64_t num_at_once : {1, 7, 32}) {
    const auto difference = (logits(num_at_once) - whole).abs().max().item<double>();
    EXPECT_LT(difference, 0.05 * whole.abs().max().item<double>()) << num_at_once;
  }
}

TEST_F(StepTest, CalibratesOnNoMoreImagesAtOnceThanItMay) {
  const auto model = depthwise_model();
  auto images = torch::rand({256, 16, 16, 16});  // 4.2 MB, as is each value of the network
  const auto meter = device::make_host_memory_meter();
  const auto peak_of = [&](std::int64_t num_at_once, std::int64_t calibration_batch) {
    const auto step = make_step(plugin_section("static_int8", {{"calibration_batch", calibration_batch}}));
    meter->reset_peak();
    const auto before = meter->current_bytes();
    step->run({{model, nullptr}, model, [&](std::int64_t) { return images; }, {}, num_at_once});
    return meter->peak_bytes() - before;
  };
  const auto whole = peak_of(256, 256);
  EXPECT_LT(peak_of(4, 256), whole / 2) << "a pass of training takes four";
  EXPECT_LT(peak_of(256, 4), whole / 2) << "the option says four";
}

TEST_F(StepTest, LooksAtTheGivenImagesOnly) {
  const auto step = plugin_section("static_int8");
  const auto first = run(step);
  const auto again = run(step, calibration_.clone());
  const auto other = run(step, 3.0 * calibration_);
  EXPECT_TRUE(torch::equal(first, again));
  EXPECT_FALSE(torch::equal(first, other));
}

TEST_F(StepTest, LeavesModelAndEngineAsTheyWere) {
  const auto before = float_logits();
  const auto engine = at::globalContext().qEngine();
  model_->train();
  for (const auto* name : {"dynamic_int8", "static_int8"}) {
    const auto output = run_step(plugin_section(name, {{"engine", std::string("onednn")}}), model_, calibration_);
    EXPECT_FALSE(output.settings.empty());
    EXPECT_EQ(at::globalContext().qEngine(), engine) << name;
    EXPECT_TRUE(model_->is_training()) << name;
  }
  model_->eval();
  EXPECT_TRUE(torch::equal(float_logits(), before));
}

TEST_F(StepTest, EngineIsRestoredAfterAnError) {
  const auto engine = at::globalContext().qEngine();
  EXPECT_ANY_THROW(run_step(plugin_section("static_int8", {{"engine", std::string("onednn")}}), model_,
                            torch::zeros({0, 3, 32, 32})));
  EXPECT_EQ(at::globalContext().qEngine(), engine);
}

TEST_F(StepTest, RefusesWhatItDoesNotKnow) {
  EXPECT_ERROR(make_step(plugin_section("static_int9")), kConfig, "static_int8");
  EXPECT_ERROR(make_step(plugin_section("static_int8", {{"engine", std::string("qnnpack")}})), kConfig,
               "section.engine");
  EXPECT_ERROR(make_step(plugin_section("static_int8", {{"calibration_image", std::int64_t{9}}})), kConfig,
               "calibration_images");
}

TEST_F(StepTest, AsksForTheConfiguredNumberOfImages) {
  std::int64_t asked = 0;
  const auto step = make_step(plugin_section("static_int8", {{"calibration_images", std::int64_t{77}}}));
  step->run({{model_, nullptr},
             model_,
             [&](std::int64_t count) {
               asked = count;
               return calibration_;
             },
             {}});
  EXPECT_EQ(asked, 77);
}

TEST_F(StepTest, QuantizesOnlyOnce) {
  const auto once = run_step(plugin_section("static_int8"), model_, calibration_).network;
  for (const auto* name : {"static_int8", "dynamic_int8", "weight_int8", "qat", "finetune"}) {
    EXPECT_ERROR(make_step(plugin_section(name))->run({once, model_, {}, {}}), kConfig,
                 std::string(name) + ": the network is quantized already");
  }
}

TEST_F(StepTest, FinetuneTrainsACopy) {
  const auto before = float_logits();
  TrainRequest asked;
  const auto step = make_step(plugin_section("finetune", {{"epochs", std::int64_t{3}}, {"rate_factor", 0.5}}));
  const auto output = step->run({{model_, nullptr}, model_, {}, [&](models::Model& model, const TrainRequest& request) {
                                   asked = request;
                                   const torch::NoGradGuard no_grad;
                                   for (auto& parameter : model.parameters()) parameter.add_(1.0);
                                 }});
  EXPECT_EQ(asked.epochs, 3);
  EXPECT_EQ(asked.rate_factor, 0.5);
  EXPECT_TRUE(torch::equal(float_logits(), before));
  const torch::NoGradGuard no_grad;
  EXPECT_FALSE(torch::equal(output.network.model->forward(images_), before));
}

// Each operation and activation that a graph may hold, in int8.
TEST_F(StepTest, StaticInt8KnowsEveryOperation) {
  using models::Activation;
  for (const auto activation : {Activation::kNone, Activation::kRelu, Activation::kRelu6, Activation::kHardswish,
                                Activation::kHardsigmoid, Activation::kSilu, Activation::kSigmoid}) {
    torch::manual_seed(8);
    const auto model = std::make_shared<models::Model>();
    const auto input = model->add_input();
    const auto grey = model->add_channel_map(input, torch::tensor({{0.2, 0.7, 0.1}}, torch::kFloat), torch::ones({1}));
    const auto color =
        model->add_conv("color", input, {.in_channels = 3, .out_channels = 8, .kernel = 3, .activation = activation});
    const auto light = model->add_conv("light", grey, {.in_channels = 1, .out_channels = 8, .kernel = 3});
    const auto mixed = model->add_mix({color, light}, {"mix.color", "mix.light"}, {0.5, 0.2});
    const auto branch = model->add_stochastic_depth(
        "depth", model->add_conv("branch", mixed, {.in_channels = 8, .out_channels = 8, .activation = activation}),
        0.3);
    const auto sum = model->add_sum(mixed, branch, activation);
    const auto pooled = model->add_concatenation({model->add_pool(models::Op::kMaxPool, sum, {2, 2, 0}),
                                                  model->add_pool(models::Op::kAveragePool, sum, {2, 2, 0})});
    const auto gated = model->add_multiply(pooled, model->add_global_pool(pooled), activation);
    model->add_linear("head", model->add_dropout("dropout", model->add_flatten(model->add_global_pool(gated)), 0.2), 16,
                      10, Activation::kNone);
    model->eval();
    const torch::NoGradGuard no_grad;
    const auto exact = model->forward(images_);
    const auto logits =
        run_step(plugin_section("static_int8"), model, calibration_).network.quantized->forward(images_);
    const auto spread = (exact - exact.mean(0)).square().mean().sqrt();
    // Behind sigmoids images differ by little; an activation left out gives more than 1.
    EXPECT_LT(((logits - exact).square().mean().sqrt() / spread).item<double>(), 0.4)
        << models::row_of(activation).name;
  }
}

}  // namespace
}  // namespace assay::compress
