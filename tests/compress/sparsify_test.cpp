#include <ATen/native/quantized/PackedParams.h>
#include <torch/torch.h>

#include "compress/one_step.h"
#include "compress/small_stage.h"
#include "compress/sparsity.h"
#include "expect_error.h"
#include "models/model_section.h"

namespace assay::compress {
namespace {

std::shared_ptr<models::Model> network() {
  auto model = std::make_shared<train::TinyNet>();
  model->eval();
  return model;
}

std::vector<at::Tensor> zeros_of(const models::Model& model) {
  std::vector<at::Tensor> zeros;
  for (const auto& [name, weight] : train::weights_of_layers(model)) zeros.push_back(weight.eq(0));
  return zeros;
}

void expect_same_zeros(const models::Model& model, const std::vector<at::Tensor>& expected) {
  const auto zeros = zeros_of(model);
  for (std::size_t i = 0; i < zeros.size(); ++i) EXPECT_TRUE(zeros[i].equal(expected[i])) << "layer " << i;
}

TEST(SparsifyTest, SetsTheShareToZeroAndSaysSo) {
  const auto model = network();
  const auto before = train::all_values(*model);
  const auto output = run_step(plugin_section("sparsify", {{"sparsity", 0.75}}), model, {});
  EXPECT_TRUE(output.network.holds_zeros);
  EXPECT_TRUE(train::all_values(*model).equal(before)) << "the network given stays as it was";
  for (const auto& one : train::weights_of_layers(*output.network.model)) EXPECT_EQ(sparsity_of({one}), 0.75);
  EXPECT_EQ(output.settings[0], std::pair(std::string("scope"), std::string("layer")));
  EXPECT_EQ(output.settings[1].second, "75.00 % of 296 weights");
  EXPECT_EQ(output.settings[2].second, "conv 75.0 %, second 75.0 %, head 75.0 %");
  EXPECT_NE(output.settings[3].second.find("neither the size of the file nor the time"), std::string::npos);
}

TEST(SparsifyTest, PatternLeavesLayersThatItDoesNotFit) {
  const auto output = run_step(plugin_section("sparsify", {{"pattern", std::string("2:4")}}), network(), {});
  EXPECT_EQ(output.settings[1], std::pair(std::string("sparse_layers"), std::string("2 of 3")));
  EXPECT_EQ(output.settings[3].second, "conv 0.0 %, second 50.0 %, head 50.0 %");
}

TEST(SparsifyTest, RefusesWhatIsNoShare) {
  const auto make = [](double sparsity, const std::string& pattern = "none") {
    make_step(plugin_section("sparsify", {{"sparsity", sparsity}, {"pattern", pattern}}));
  };
  EXPECT_ERROR(make(0.0), kConfig, "sparsity = 0 would change nothing");
  EXPECT_ERROR(make(1.0), kConfig, "sparsity = 1 would leave no weight");
  EXPECT_ERROR(make(1.5), kConfig, "must be between 0 and 1");
  EXPECT_ERROR(make(-0.5), kConfig, "must be between 0 and 1");
  EXPECT_ERROR(make(0.7, "2:4"), kConfig, "contradicts pattern = 2:4");
}

TEST(SparsifyTest, LaterTrainingHoldsTheZeros) {
  const auto model = network();
  const auto sparse = run_chain({plugin_section("sparsify")}, model);
  const auto zeros = zeros_of(*sparse.model);
  for (const auto* repair : {"finetune", "distil"}) {
    const auto repaired = run_chain({plugin_section("sparsify"), plugin_section(repair)}, model);
    EXPECT_TRUE(repaired.holds_zeros);
    expect_same_zeros(*repaired.model, zeros);
    EXPECT_FALSE(train::all_values(*repaired.model).equal(train::all_values(*sparse.model))) << repair;
  }
}

TEST(SparsifyTest, TrainingWithoutItHoldsNothing) {
  const auto model = network();
  {
    const torch::NoGradGuard no_grad;
    model->named_parameters()["head.weight"].slice(1, 0, 4).zero_();
  }
  const auto trained = run_chain({plugin_section("finetune")}, model);
  EXPECT_FALSE(trained.holds_zeros);
  EXPECT_EQ(sparsity_of(train::weights_of_layers(*trained.model)), 0.0);
}

TEST(SparsifyTest, ChannelsCanBePrunedAfterwards) {
  const auto prune = plugin_section("prune", {{"share", 0.5}, {"multiple", std::int64_t{1}}});
  const auto smaller = run_chain({plugin_section("sparsify"), prune}, network());
  const auto repaired = run_chain({plugin_section("sparsify"), prune, plugin_section("finetune")}, network());
  EXPECT_EQ(repaired.model->named_parameters()["conv.weight"].size(0), 4);
  expect_same_zeros(*repaired.model, zeros_of(*smaller.model));
}

// Zero in float is zero in int8, since weights are quantized symmetrically.
TEST(SparsifyTest, Int8KeepsTheZeros) {
  const auto steps = std::vector{plugin_section("sparsify"), plugin_section("finetune"), plugin_section("static_int8")};
  const auto network_in_int8 = run_chain(steps, network());
  torch::jit::Module module("weights");
  network_in_int8.quantized->register_weights(module);
  std::size_t num_layers = 0;
  for (const auto& node : network_in_int8.model->graph()) {
    const auto attribute = "weights" + std::to_string(node.id);
    if (!node.conv && !node.linear) continue;
    ++num_layers;
    const auto value = module.attr(attribute);
    const auto rounded = node.conv ? std::get<0>(value.toCustomClass<ConvPackedParamsBase<2>>()->unpack())
                                   : std::get<0>(value.toCustomClass<LinearPackedParamsBase>()->unpack());
    const auto weight = node.conv ? node.conv->weight : node.linear->weight;
    EXPECT_EQ(rounded.int_repr().masked_select(weight.eq(0)).count_nonzero().item<std::int64_t>(), 0) << node.name;
    EXPECT_EQ(weight.eq(0).sum().item<std::int64_t>(), weight.numel() / 2) << node.name;
  }
  EXPECT_EQ(num_layers, 3U);
}

}  // namespace
}  // namespace assay::compress
