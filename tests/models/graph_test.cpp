#include "models/graph.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/model.h"
#include "models/model_section.h"
#include "models/operation.h"

namespace assay::models {
namespace {

at::Tensor run(Model& model, const at::Tensor& images) {
  const torch::NoGradGuard no_grad;
  return model.forward(images);
}

TEST(ActivationTest, EveryOneIsFoundByItsName) {
  for (const auto* name : {"none", "relu", "relu6", "hardswish", "hardsigmoid", "silu", "sigmoid"}) {
    EXPECT_EQ(row_of(find_activation(name)).name, name);
  }
  EXPECT_ANY_THROW(find_activation("gelu"));
}

TEST(ActivationTest, EveryOneComputesAsPyTorchDoes) {
  const auto x = torch::linspace(-9, 9, 101);
  const auto expect = [&](Activation activation, const at::Tensor& expected) {
    EXPECT_TRUE(torch::allclose(apply_activation(x, activation), expected)) << row_of(activation).name;
  };
  expect(Activation::kNone, x);
  expect(Activation::kRelu, x.clamp_min(0));
  expect(Activation::kRelu6, torch::nn::functional::relu6(x));
  expect(Activation::kHardswish, torch::hardswish(x));
  expect(Activation::kHardsigmoid, torch::hardsigmoid(x));
  expect(Activation::kSilu, x * torch::sigmoid(x));
  expect(Activation::kSigmoid, torch::sigmoid(x));
}

// An activation that training's fused kernel does not know is computed by LibTorch, and never left out.
TEST(ActivationTest, EveryOneActsBehindABatchNormInTraining) {
  for (const auto activation :
       {Activation::kRelu6, Activation::kHardsigmoid, Activation::kSilu, Activation::kSigmoid}) {
    torch::manual_seed(2);
    Model model;
    const auto node = model.add_conv("conv", model.add_input(),
                                     {.in_channels = 3, .out_channels = 16, .kernel = 3, .activation = activation});
    model.add_batch_norm("norm", node, 1e-5, 0.1);
    const auto images = torch::randn({8, 3, 6, 6}).contiguous(at::MemoryFormat::ChannelsLast);
    const auto values = torch::conv2d(images, model.named_parameters()["conv.weight"], {}, 1, 1);
    const auto mean = values.mean({0, 2, 3}, true), variance = values.var({0, 2, 3}, false, true);
    const auto expected = apply_activation((values - mean) / (variance + 1e-5).sqrt(), activation);
    EXPECT_TRUE(torch::allclose(run(model, images), expected, 1e-4, 1e-5)) << row_of(activation).name;
  }
}

TEST(OperationTest, PoolsConcatenatesAndMapsChannels) {
  Model model;
  const auto input = model.add_input();
  const auto grey = model.add_channel_map(input, torch::tensor({{0.2126, 0.7152, 0.0722}}, torch::kFloat),
                                          torch::tensor({0.5}, torch::kFloat));
  const auto joined = model.add_concatenation({grey, input});
  const auto pooled = model.add_pool(Op::kMaxPool, joined, {3, 2, 1});
  model.add_pool(Op::kAveragePool, pooled, {2, 2, 0});
  const auto images = torch::rand({2, 3, 8, 8});
  const auto light = 0.2126 * images.select(1, 0) + 0.7152 * images.select(1, 1) + 0.0722 * images.select(1, 2) + 0.5;
  const auto expected = torch::avg_pool2d(torch::max_pool2d(torch::cat({light.unsqueeze(1), images}, 1), 3, 2, 1), 2);
  EXPECT_TRUE(torch::allclose(run(model, images), expected, 1e-5, 1e-6));
}

TEST(OperationTest, StochasticDepthDropsWholeImagesInTrainingOnly) {
  Model model;
  model.add_stochastic_depth("depth", model.add_input(), 0.25);
  const auto images = torch::ones({2000, 3, 2, 2});
  torch::manual_seed(1);
  const auto values = run(model, images);
  const auto kept = values.flatten(1).amax(1);  // (N)
  EXPECT_TRUE(torch::equal(kept, values.flatten(1).amin(1)));
  EXPECT_NEAR(kept.gt(0).to(torch::kDouble).mean().item<double>(), 0.75, 0.04);
  EXPECT_NEAR(kept.max().item<double>(), 1.0 / 0.75, 1e-6);
  model.eval();
  EXPECT_TRUE(torch::equal(run(model, images), images));
}

TEST(OperationTest, MixesByLearnableWeights) {
  Model model;
  const auto input = model.add_input();
  const auto doubled = model.add_sum(input, input);
  model.add_mix({input, doubled}, {"mix.one", "mix.two"}, {0.5, 0.0});
  const auto images = torch::rand({2, 3, 4, 4});
  const auto output = model.forward(images);
  const auto share = std::exp(0.5) / (std::exp(0.5) + 1.0);
  EXPECT_TRUE(torch::allclose(output, images * (share + 2.0 * (1.0 - share)), 1e-5, 1e-6));
  output.sum().backward();
  EXPECT_TRUE(model.named_parameters()["mix.one"].grad().defined());
}

TEST(OperationTest, ScalesTheOutputOfALinearLayer) {
  torch::manual_seed(1);
  Model model;
  const auto head = model.add_linear("head", model.add_flatten(model.add_input()), 12, 4, Activation::kNone, 0.25);
  const auto images = torch::randn({2, 3, 2, 2});
  const auto expected = 0.25 * model.graph()[head].linear.ptr()->forward(images.flatten(1));
  EXPECT_TRUE(torch::allclose(run(model, images), expected));
  const auto layers = fold_batch_norm(model.graph());
  const auto folded = run_graph(model.graph(), images, [&](const Node& node, at::ArrayRef<at::Tensor> inputs) {
    return evaluate_folded(node, layers[node.id], inputs);
  });
  EXPECT_TRUE(torch::allclose(folded, expected, 1e-5, 1e-6));
}

TEST(OperationTest, CountsMultiplications) {
  Model model;
  auto node =
      model.add_conv("conv", model.add_input(), {.in_channels = 3, .out_channels = 8, .kernel = 3, .stride = 2});
  node = model.add_conv("depthwise", node, {.in_channels = 8, .out_channels = 8, .kernel = 5, .groups = 8});
  model.add_linear("head", model.add_flatten(model.add_global_pool(node)), 8, 10, Activation::kNone);
  model.add_batch_norm("norm", 1, 1e-5, 0.1);
  EXPECT_EQ(model.count_macs({3, 16, 16}), 8 * 8 * 8 * 27 + 8 * 8 * 8 * 25 + 80);
  EXPECT_EQ(model.named_buffers()["norm.num_batches_tracked"].item<std::int64_t>(), 0);
}

}  // namespace
}  // namespace assay::models
