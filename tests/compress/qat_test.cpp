#include <ATen/native/quantized/PackedParams.h>
#include <torch/torch.h>

#include "compress/fake_quantization.h"
#include "compress/small_stage.h"
#include "compress/sparsity.h"
#include "expect_error.h"
#include "models/model_section.h"
#include "train/interruption.h"

namespace assay::compress {
namespace {

using models::Activation;

constexpr std::int64_t kNumClasses = 5;

/// Makes a network with each way of rounding: activations within and behind layers, depthwise layers, gates, sums and
/// averages. Without a head its last values are rounded, too.
std::shared_ptr<models::Model> every_rounding(bool has_head) {
  torch::manual_seed(6);
  auto model = std::make_shared<models::Model>();
  const auto stem =
      model->add_conv_norm("stem", "stem_norm", model->add_input(),
                           {.in_channels = 3, .out_channels = 16, .kernel = 3, .activation = Activation::kHardswish});
  const auto depthwise = model->add_conv_norm(
      "depthwise", "depthwise_norm", stem,
      {.in_channels = 16, .out_channels = 16, .kernel = 3, .groups = 16, .activation = Activation::kRelu6});
  const auto gate =
      model->add_conv("gate", model->add_global_pool(depthwise),
                      {.in_channels = 16, .out_channels = 16, .bias = true, .activation = Activation::kHardsigmoid});
  const auto gated = model->add_multiply(depthwise, gate);
  const auto project = model->add_conv_norm("project", "project_norm", gated, {.in_channels = 16, .out_channels = 16});
  const auto sum = model->add_sum(project, stem, Activation::kRelu);
  const auto last = model->add_conv("last", model->add_pool(models::Op::kAveragePool, sum, {2, 2, 0}),
                                    {.in_channels = 16, .out_channels = kNumClasses, .kernel = 3, .bias = true});
  const auto flat = model->add_flatten(model->add_global_pool(last));
  if (has_head) model->add_linear("head", flat, kNumClasses, kNumClasses, Activation::kNone);
  model->eval();
  return model;
}

at::Tensor draw(std::int64_t count, std::uint64_t seed) {
  torch::manual_seed(seed);
  return torch::randn({count, 3, 8, 8});
}

/// Trains with rounding for a moment, as a stage does: BatchNorm at first with the statistics of batches.
void train_a_little(models::Model& model, FakeQuantization& rounding) {
  torch::optim::SGD optimizer(model.parameters(), torch::optim::SGDOptions(0.02).momentum(0.9));
  model.train();
  for (std::uint64_t step = 0; step < 12; ++step) {
    rounding.limit_scales();
    optimizer.zero_grad();
    const auto labels = torch::arange(16).remainder(kNumClasses);
    torch::cross_entropy_loss(model.forward(draw(16, 50 + step)), labels).backward();
    optimizer.step();
  }
  model.eval();
}

/// What the same weights give.
struct Logits {
  at::Tensor exact, rounded, int8;
  double step = 0.0;  ///< of the last values
};

Logits compute(RangeTraining ranges, std::optional<std::int64_t> bits, bool has_head) {
  const EngineScope engine("fbgemm");
  auto options = quantize_options("fbgemm", bits);
  options.correct_bias = false;
  const auto model = every_rounding(has_head);
  const auto rounding =
      FakeQuantization::attach(*model, QuantizedNetwork(every_rounding(has_head), draw(32, 1), options),
                               {.ranges = ranges,
                                .max_level = options.range.max_level,
                                .largest_grouped_weight = options.largest_grouped_weight});
  train_a_little(*model, *rounding);
  const torch::NoGradGuard no_grad;
  const auto images = draw(100, 2);
  const QuantizedNetwork network(model->copy(), rounding->rounding(), options);
  return {model->copy()->forward(images), model->forward(images), network.forward(images),
          network.value_params({3, 8, 8}).back().scale};
}

double mean_difference(const at::Tensor& left, const at::Tensor& right) {
  return (left - right).abs().mean().item<double>();
}

TEST(FakeQuantizationTest, GivesWhatTheInt8NetworkWillGive) {
  for (const auto ranges : {RangeTraining::kMovingAverage, RangeTraining::kLsq}) {
    for (const auto bits : {std::optional<std::int64_t>(), std::optional<std::int64_t>(7)}) {
      const auto logits = compute(ranges, bits, /*has_head=*/true);
      // What is rounded at other places differs from int8 about as much as what is not rounded at all; averages whose
      // ties are rounded otherwise make it half as much.
      EXPECT_LT(mean_difference(logits.rounded, logits.int8), 0.1 * mean_difference(logits.exact, logits.int8));
      const auto same = logits.rounded.argmax(1).eq(logits.int8.argmax(1)).to(torch::kFloat).mean().item<double>();
      EXPECT_GE(same, 0.99);
    }
  }
}

TEST(FakeQuantizationTest, IsWithinOneStepOfTheInt8Network) {
  for (const auto ranges : {RangeTraining::kMovingAverage, RangeTraining::kLsq}) {
    const auto logits = compute(ranges, std::nullopt, /*has_head=*/false);
    EXPECT_LE((logits.rounded - logits.int8).abs().max().item<double>(), 1.01 * logits.step);
    EXPECT_LT(mean_difference(logits.rounded, logits.int8), 0.03 * logits.step);
  }
}

TEST(FakeQuantizationTest, IsTheFloatNetworkUntilRoundingBegins) {
  const EngineScope engine("fbgemm");
  const auto options = quantize_options("fbgemm", {});
  const auto model = every_rounding(/*has_head=*/true);
  const auto images = draw(8, 3);
  const torch::NoGradGuard no_grad;
  const auto exact = model->forward(images);
  const auto rounding = FakeQuantization::attach(*model, QuantizedNetwork(model, images, options), {});
  EXPECT_FALSE(model->forward(images).allclose(exact, 1e-5, 1e-6));
  rounding->set_rounding(false);
  EXPECT_TRUE(model->forward(images).allclose(exact, 1e-5, 1e-6));
}

std::shared_ptr<models::Model> network() {
  auto model = std::make_shared<train::TinyNet>();
  model->eval();
  return model;
}

config::Section qat(const std::string& ranges, std::int64_t start_epoch = 1) {
  return plugin_section("qat", {{"ranges", ranges}, {"start_epoch", start_epoch}});
}

/// Runs the step with a training of one's own.
StepOutput run_qat(const config::Section& section, const std::shared_ptr<models::Model>& model,
                   const std::function<void(models::Model&, const TrainRequest&)>& train) {
  return make_step(section)->run({{model, nullptr}, model, [](std::int64_t) { return draw(32, 4); }, train});
}

TEST(QatTest, TrainsACopyAndQuantizesIt) {
  const auto model = network();
  const auto before = train::all_values(*model);
  // Learned scales may cut weights off, which the float network then lacks.
  for (const auto& [ranges, tolerance] : {std::pair{"moving_average", 0.1}, std::pair{"lsq", 0.5}}) {
    const auto output = run_qat(qat(ranges), model, train_small_stage);
    EXPECT_TRUE(train::all_values(*model).equal(before));
    EXPECT_EQ(output.network.model->num_parameters(), model->num_parameters()) << "no scale is left in it";
    EXPECT_FALSE(train::all_values(*output.network.model).equal(before));
    const torch::NoGradGuard no_grad;
    const auto images = draw(50, 7);
    const auto exact = output.network.model->forward(images);
    EXPECT_LT(mean_difference(output.network.quantized->forward(images), exact),
              tolerance * exact.abs().max().item<double>())
        << ranges;
  }
}

TEST(QatTest, HoldsRangesAndNormsWhenItsTimeComes) {
  const auto is_normalising = [](const models::Model& model) { return model.graph()[1].batch_norm->is_training(); };
  run_qat(qat("lsq", 2), network(), [&](models::Model& model, const TrainRequest& request) {
    EXPECT_EQ(request.epochs, 4);
    EXPECT_TRUE(request.keeps_last);
    EXPECT_FALSE(request.is_alike);
    const auto scale = model.named_parameters()["fake_quantization.output1.scale"];
    const auto learns = [&](std::int64_t step) {
      model.train();
      request.before_step(step, 100);
      scale.mutable_grad().reset();
      model.forward(draw(4, 5)).sum().backward();
      return scale.grad().defined();
    };
    EXPECT_FALSE(learns(24)) << "the first of four epochs is in float";
    EXPECT_TRUE(learns(25));
    EXPECT_TRUE(learns(49));
    EXPECT_FALSE(learns(50));
    EXPECT_TRUE(is_normalising(model));
    EXPECT_FALSE(learns(75));
    EXPECT_FALSE(is_normalising(model));
    model.eval();
  });
}

TEST(QatTest, GoesOnWithTheSameBitsAfterAnInterruption) {
  const auto model = network();
  for (const auto* ranges : {"moving_average", "lsq"}) {
    const auto given_by = [&](const std::function<void(models::Model&, const TrainRequest&)>& train) {
      const auto output = run_qat(qat(ranges), model, train);
      return std::pair(train::all_values(*output.network.model), output.network.quantized->forward(draw(20, 8)));
    };
    const auto expected = given_by(train_small_stage);
    const auto interrupted = given_by([](models::Model& trained, const TrainRequest& request) {
      auto training = small_stage(request);
      training.options.checkpoint.every_steps = 5;
      const TemporaryFolder folder;
      train::Bomb bomb(2);
      EXPECT_THROW(training.run(trained, folder.path(), bomb), train::Interrupted);
      train::LastPoint sink;
      EXPECT_EQ(training.run(trained, folder.path(), sink).resumed_at_step, 10);
      trained.eval();
    });
    EXPECT_TRUE(interrupted.first.equal(expected.first)) << ranges;
    EXPECT_TRUE(interrupted.second.equal(expected.second)) << ranges;
  }
}

TEST(QatTest, HoldsTheZerosOfStepsBeforeIt) {
  const auto sparse = run_chain({plugin_section("sparsify"), qat("lsq")}, network());
  EXPECT_TRUE(sparse.holds_zeros);
  torch::jit::Module module("weights");
  sparse.quantized->register_weights(module);
  for (const auto& node : sparse.model->graph()) {
    if (!node.conv) continue;
    EXPECT_EQ(sparsity_of({{node.name, node.conv->weight}}), 0.5) << node.name;
    const auto packed = module.attr("weights" + std::to_string(node.id)).toCustomClass<ConvPackedParamsBase<2>>();
    const auto levels = std::get<0>(packed->unpack()).int_repr();
    EXPECT_EQ(levels.masked_select(node.conv->weight.eq(0)).count_nonzero().item<std::int64_t>(), 0) << node.name;
  }
}

TEST(QatTest, RefusesToBeginBehindItsEnd) {
  EXPECT_ERROR(make_step(qat("lsq", 5)), kConfig, "start_epoch = 5 is beyond the last epoch, 4");
  EXPECT_ERROR(make_step(qat("pact")), kConfig, "section.ranges");
}

}  // namespace
}  // namespace assay::compress
