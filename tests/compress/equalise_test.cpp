#include "compress/equalise.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "compress/one_step.h"
#include "compress/quantized_network.h"
#include "core/json.h"
#include "models/model_section.h"

namespace assay::compress {
namespace {

using models::Activation;
using models::Model;

/// Computes a network from folded layers.
at::Tensor evaluate(const Model& model, const std::vector<models::FoldedLayer>& layers, const at::Tensor& images) {
  return models::run_graph(model.graph(), images, [&](const models::Node& node, at::ArrayRef<at::Tensor> inputs) {
    return models::evaluate_folded(node, layers[node.id], inputs);
  });
}

/// Makes a convolution, a depthwise one behind `activation`, and a linear layer behind pooling.
std::shared_ptr<Model> three_layers(Activation activation) {
  torch::manual_seed(4);
  auto model = std::make_shared<Model>();
  auto node = model->add_conv("conv", model->add_input(),
                              {.in_channels = 3, .out_channels = 4, .bias = true, .activation = activation});
  node =
      model->add_conv("depthwise", node, {.in_channels = 4, .out_channels = 4, .kernel = 3, .groups = 4, .bias = true});
  model->add_linear("head", model->add_dropout("dropout", model->add_flatten(model->add_global_pool(node)), 0.2), 4, 2,
                    Activation::kNone);
  model->eval();
  return model;
}

// Reads golden/equalise.json, written by golden/equalise.py.
TEST(EqualiseTest, ScalesPairsAsThePaperDoes) {
  const auto golden = read_json(std::filesystem::path(ASSAY_SOURCE_DIR) / "tests/golden/equalise.json");
  const auto numbers = [&](const std::string& name, const char* when) {
    return torch::tensor(golden[name][when].get<std::vector<float>>());
  };
  const auto model = three_layers(Activation::kRelu);
  for (auto& [name, parameter] : model->named_parameters().pairs()) {
    const torch::NoGradGuard no_grad;
    if (golden.contains(name)) parameter.copy_(numbers(name, "before").view(parameter.sizes()));
  }
  auto layers = models::fold_batch_norm(model->graph());
  EXPECT_EQ(equalise(model->graph(), layers), 2);
  for (const auto& node : model->graph()) {
    if (!node.conv && !node.linear) continue;
    const auto expected = numbers(node.name + ".weight", "after");
    EXPECT_TRUE(layers[node.id].weight.flatten().allclose(expected, 1e-3, 1e-5)) << node.name;
    if (node.linear) continue;
    EXPECT_TRUE(layers[node.id].bias.allclose(numbers(node.name + ".bias", "after"), 1e-3, 1e-5)) << node.name;
  }
}

/// Makes a network with pairs of all kinds, and values of two users, which make none; its channels differ in size.
std::shared_ptr<Model> uneven_network() {
  torch::manual_seed(9);
  auto model = std::make_shared<Model>();
  const auto stem =
      model->add_conv_norm("stem", "stem_norm", model->add_input(),
                           {.in_channels = 3, .out_channels = 8, .kernel = 3, .activation = Activation::kRelu});
  const auto inner = model->add_conv("inner", stem, {.in_channels = 8, .out_channels = 8, .kernel = 3, .bias = true});
  const auto grouped = model->add_conv("grouped", model->add_pool(models::Op::kMaxPool, inner, {2, 2, 0}),
                                       {.in_channels = 8, .out_channels = 6, .groups = 2, .bias = true});
  const auto shortcut = model->add_conv("shortcut", model->add_pool(models::Op::kAveragePool, stem, {2, 2, 0}),
                                        {.in_channels = 8, .out_channels = 6});
  const auto sum = model->add_sum(grouped, shortcut, Activation::kRelu);
  const auto wide =
      model->add_conv("wide", sum, {.in_channels = 6, .out_channels = 5, .activation = Activation::kRelu});
  model->add_linear("head", model->add_flatten(wide), 5 * 16, 3, Activation::kNone);
  model->eval();
  const torch::NoGradGuard no_grad;
  for (const auto& node : model->graph()) {
    if (node.conv) node.conv->weight.mul_(torch::logspace(-2, 1, node.conv->weight.size(0)).view({-1, 1, 1, 1}));
  }
  return model;
}

TEST(EqualiseTest, LeavesTheNetworkAsItIsAndMakesRangesEqual) {
  const auto model = uneven_network();
  const auto original = models::fold_batch_norm(model->graph());
  auto layers = models::fold_batch_norm(model->graph());
  EXPECT_EQ(equalise(model->graph(), layers), 2) << "inner with grouped, wide with head; all others meet elsewhere";
  const auto images = torch::randn({20, 3, 8, 8});
  const auto before = evaluate(*model, original, images), after = evaluate(*model, layers, images);
  EXPECT_LT((after - before).abs().max().item<double>(), 1e-5 * before.abs().max().item<double>());
  const auto weight_of = [&](const std::string& name) {
    for (const auto& node : model->graph()) {
      if (node.name == name) return layers[node.id].weight;
    }
    return at::Tensor();
  };
  const auto ends = weight_of("inner").abs().flatten(1).amax(1);
  const auto grouped = weight_of("grouped").view({2, 3, 4}).abs().amax(1).flatten();
  EXPECT_TRUE(ends.allclose(grouped, 1e-3));
  EXPECT_TRUE(
      weight_of("wide").abs().flatten(1).amax(1).allclose(weight_of("head").view({3, 5, 16}).abs().amax({0, 2}), 1e-3));
}

TEST(EqualiseTest, OnlyCrossesWhatIsProportional) {
  for (const auto activation : {Activation::kRelu6, Activation::kHardswish}) {
    const auto model = three_layers(activation);
    auto layers = models::fold_batch_norm(model->graph());
    const auto before = layers[1].weight.clone();
    EXPECT_EQ(equalise(model->graph(), layers), 1) << "the depthwise layer with the head";
    EXPECT_TRUE(layers[1].weight.equal(before));
  }
}

TEST(EqualiseTest, DeadChannelsKeepTheirBias) {
  const auto model = three_layers(Activation::kRelu);
  auto layers = models::fold_batch_norm(model->graph());
  layers[1].weight[2].fill_(1e-12);
  layers[2].weight[3].zero_();
  const auto bias = layers[1].bias.clone();
  equalise(model->graph(), layers);
  EXPECT_TRUE(layers[1].bias.slice(0, 2).equal(bias.slice(0, 2)));
  for (const auto& layer : layers) {
    if (!layer.weight.defined()) continue;
    EXPECT_TRUE(layer.weight.isfinite().all().item<bool>());
  }
}

// What the first layer makes small the second makes large again: one range for all channels would lose the small ones.
TEST(EqualiseTest, HelpsWhereOneRangeDoesNotSuitAllChannels) {
  const auto model = three_layers(Activation::kRelu);
  const auto calibration = torch::randn({64, 3, 8, 8});
  const torch::NoGradGuard no_grad;
  const auto factor = torch::tensor({1.0, 0.1, 0.01, 0.001}, torch::kFloat);
  auto parameters = model->named_parameters();
  parameters["conv.weight"].mul_(factor.view({4, 1, 1, 1}));
  parameters["conv.bias"].mul_(factor);
  parameters["depthwise.weight"].div_(factor.view({4, 1, 1, 1}));
  const auto exact = model->forward(calibration);
  const auto error_of = [&](bool equalises) {
    const auto step = plugin_section("static_int8", {{"equalise", equalises}});
    const auto output = run_step(step, model, calibration);
    return (output.network.quantized->forward(calibration) - exact).square().mean().item<double>();
  };
  EXPECT_LT(error_of(true), 0.5 * error_of(false));
}

}  // namespace
}  // namespace assay::compress
