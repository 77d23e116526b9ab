#include "models/topology.h"

#include <torch/torch.h>

#include "expect_error.h"
#include "models/model_section.h"

namespace assay::models {
namespace {

Json conv(const Json& changes = Json::object()) {
  Json json = {{"op", "conv"}, {"name", "conv"}, {"inputs", {0}}, {"in", 3},      {"out", 8},
               {"kernel", 3},  {"stride", 1},    {"groups", 1},   {"bias", false}};
  json.update(changes);
  return json;
}

Json network(const Json& second) {
  return {{"nodes", {{{"op", "input"}, {"name", "input"}, {"inputs", Json::array()}, {"channels", 3}}, second}}};
}

TEST(TopologyTest, RebuildsEveryKindOfNode) {
  torch::manual_seed(1);
  Model model;
  const auto input = model.add_input();
  const auto grey = model.add_channel_map(input, torch::tensor({{0.2, 0.7, 0.1}}, torch::kFloat),
                                          torch::tensor({0.5}, torch::kFloat));
  auto node =
      model.add_conv("conv", model.add_concatenation({grey, input}),
                     {.in_channels = 4, .out_channels = 8, .kernel = 3, .stride = 2, .activation = Activation::kSilu});
  model.add_batch_norm("norm", node, 1e-3, std::nullopt);
  const auto pooled = model.add_pool(Op::kMaxPool, node, {3, 1, 1});
  const auto averaged = model.add_pool(Op::kAveragePool, node, {3, 1, 1});
  const auto mixed = model.add_mix({pooled, averaged}, {"mix.one", "mix.two"}, {0.3, 0.0});
  const auto residual = model.add_sum(model.add_stochastic_depth("depth", mixed, 0.2), node, Activation::kRelu6);
  const auto gate =
      model.add_conv("gate", model.add_global_pool(residual),
                     {.in_channels = 8, .out_channels = 8, .bias = true, .activation = Activation::kSigmoid});
  const auto flat = model.add_flatten(model.add_global_pool(model.add_multiply(residual, gate)));
  model.add_linear("head", model.add_dropout("dropout", flat, 0.5), 8, 10, Activation::kNone, 0.25);

  const auto description = describe_graph(model.graph());
  const auto rebuilt = build_model(description);
  EXPECT_EQ(describe_graph(rebuilt->graph()), description);
  const torch::NoGradGuard no_grad;
  auto parameters = rebuilt->named_parameters();
  for (const auto& parameter : model.named_parameters()) parameters[parameter.key()].copy_(parameter.value());
  model.eval();
  rebuilt->eval();
  const auto images = torch::rand({2, 3, 16, 16});
  EXPECT_TRUE(torch::equal(rebuilt->forward(images), model.forward(images)));
}

TEST(TopologyTest, RefusesMalformedDescriptions) {
  EXPECT_NO_THROW(build_model(network(conv())));
  const std::vector<std::pair<Json, const char*>> bad = {
      {Json::object(), "node 0 of the network's description"},
      {{{"nodes", Json::array()}}, "no list of nodes"},
      {{{"nodes", {1}}}, "node 0"},
      {network(conv({{"op", "fold"}})), "fold"},
      {network(conv({{"inputs", {1}}})), "input 1 comes later"},
      {network(conv({{"inputs", Json::array()}})), "a wrong number of inputs"},
      {network(conv({{"out", 0}})), "out = 0"},
      {network(conv({{"out", 1LL << 40}})), "out = 1099511627776"},
      {network(conv({{"groups", 2}})), "node 1"},
      {network(conv({{"kernel", "3"}})), "node 1"},
      {network(conv({{"activation", "gelu"}})), "gelu"},
      {network({{"op", "add"}, {"name", ""}, {"inputs", {0}}}), "node 1"},
      {network({{"op", "mix"}, {"name", ""}, {"inputs", {0, 0}}, {"mixing", {"one"}}}), "another number of weights"},
      {network({{"op", "max_pool"}, {"name", ""}, {"inputs", {0}}, {"window", {0, 0, 0}}}), "node 1"},
      {network({{"op", "dropout"}, {"name", "d"}, {"inputs", {0}}, {"rate", 2.0}}), "node 1"},
      {network({{"op", "channel_map"}, {"name", ""}, {"inputs", {0}}, {"rows", 2}, {"weight", {1}}, {"bias", {1}}}),
       "numbers do not fit"},
  };
  for (const auto& [description, why] : bad) {
    EXPECT_ERROR(build_model(description), kData, why);
  }
}

}  // namespace
}  // namespace assay::models
