#include "models/channels.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include <algorithm>

#include "expect_error.h"
#include "models/kept_channels.h"
#include "models/model_section.h"
#include "models/operation.h"
#include "models/trained_model.h"
#include "models/weights.h"
#include "temporary_folder.h"

namespace assay::models {
namespace {

at::Tensor run(Model& model, const at::Tensor& images) {
  const torch::NoGradGuard no_grad;
  return model.forward(images);
}

void silence(const at::Tensor& values, const at::Tensor& dropped) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(values.dim()), 1);
  shape[0] = -1;
  values.masked_fill_(dropped.view(shape), 0.0);
}

at::Tensor dropped_of(std::int64_t num_channels, const std::vector<std::int64_t>& kept) {
  return torch::ones({num_channels}, torch::kBool).index_fill_(0, torch::tensor(kept, torch::kLong), false);
}

/// Makes the dropped channels zero, wherever a layer, its BatchNorm or a fixed map gives them; a depthwise layer drops
/// those of its input, a fixed map those of what it is added to.
void silence(Model& model, KeptChannels kept) {
  const torch::NoGradGuard no_grad;
  for (const auto& node : model.graph()) {
    if (node.op != Op::kAdd || !kept.contains(node.inputs[0])) continue;
    const auto& map = model.graph()[node.inputs[1]];
    if (map.map_weight.defined()) silence(map.map_weight, dropped_of(map.map_weight.size(0), kept[node.inputs[0]]));
  }
  for (const auto& node : model.graph()) {
    if (channel_rule(node) == ChannelRule::kPassed && kept.contains(node.inputs.front())) {
      kept[node.id] = kept[node.inputs.front()];
    }
    if (!kept.contains(node.id) || (!node.conv && !node.linear)) continue;
    const auto dropped = dropped_of(num_outputs(node), kept[node.id]);
    silence(node.conv ? node.conv->weight : node.linear->weight, dropped);
    if (const auto& bias = node.conv ? node.conv->bias : node.linear->bias; bias.defined()) silence(bias, dropped);
    if (!node.batch_norm) continue;
    silence(node.batch_norm->weight, dropped);
    silence(node.batch_norm->bias, dropped);
  }
}

class ChannelsTest : public ::testing::TestWithParam<std::string> {
 protected:
  static std::shared_ptr<Model> make() {
    auto model = make_model(network_section(GetParam()), 10, 3);
    // Statistics as after training, so that BatchNorm does something.
    const torch::NoGradGuard no_grad;
    for (const auto& node : model->graph()) {
      if (!node.batch_norm) continue;
      node.batch_norm->running_mean.normal_(0.0, 0.1);
      node.batch_norm->running_var.uniform_(0.5, 2.0);
    }
    model->eval();
    return model;
  }
};

TEST_P(ChannelsTest, ACloneComputesTheSameAndSharesNothing) {
  const auto model = make();
  const auto images = draw_images(4, 1).images;
  const auto expected = run(*model, images);
  const auto copy = model->copy();
  EXPECT_TRUE(torch::equal(run(*copy, images), expected));
  EXPECT_FALSE(copy->is_training());
  const torch::NoGradGuard no_grad;
  for (auto& parameter : copy->parameters()) parameter.zero_();
  EXPECT_TRUE(torch::equal(run(*model, images), expected));
}

// The smaller network computes what the whole one does when the dropped channels give zeros.
TEST_P(ChannelsTest, EqualsTheNetworkWithSilentChannels) {
  const auto model = make();
  const auto kept = every_other(*model);
  const auto smaller = with_channels(*model, kept);
  EXPECT_LT(smaller->num_parameters(), 0.4 * static_cast<double>(model->num_parameters()));
  EXPECT_LT(smaller->count_macs({3, 32, 32}), 0.4 * static_cast<double>(model->count_macs({3, 32, 32})));
  silence(*model, kept);
  const auto images = draw_images(4, 1).images;
  EXPECT_TRUE(torch::allclose(run(*smaller, images), run(*model, images), 1e-4, 1e-5));
}

TEST_P(ChannelsTest, APrunedNetworkIsSavedWithItsWidths) {
  const TemporaryFolder folder;
  const auto smaller = with_channels(*make(), every_other(*make()));
  const auto file = folder.path() / "pruned.safetensors";
  save_model(*smaller, file);
  const auto loaded = load_model(file);
  const auto images = draw_images(4, 1).images;
  EXPECT_TRUE(torch::equal(run(*loaded, images), run(*smaller, images)));
  std::vector<std::string> names, expected;
  for (const auto& parameter : loaded->named_parameters()) names.push_back(parameter.key());
  for (const auto& parameter : smaller->named_parameters()) expected.push_back(parameter.key());
  EXPECT_EQ(names, expected);
}

INSTANTIATE_TEST_SUITE_P(EveryModel, ChannelsTest,
                         ::testing::Values("resnet20", "resnet20_padded", "mobilenet_v3_small",
                                           "continuous_integration"),
                         [](const auto& name) { return name.param; });

/// A residual block with a depthwise layer, squeeze-and-excitation, a concatenation and a hidden linear layer.
std::shared_ptr<Model> small_network() {
  torch::manual_seed(4);
  auto model = std::make_shared<Model>();
  const auto relu = Activation::kRelu;
  const auto stem = model->add_conv(
      "stem", model->add_input(), {.in_channels = 3, .out_channels = 8, .kernel = 3, .bias = true, .activation = relu});
  const auto wide =
      model->add_conv("wide", stem, {.in_channels = 8, .out_channels = 12, .bias = true, .activation = relu});
  const auto depthwise = model->add_conv(
      "depthwise", wide, {.in_channels = 12, .out_channels = 12, .kernel = 3, .groups = 12, .activation = relu});
  const auto hidden = model->add_conv("squeeze", model->add_global_pool(depthwise),
                                      {.in_channels = 12, .out_channels = 4, .bias = true, .activation = relu});
  const auto gate = model->add_conv(
      "gate", hidden, {.in_channels = 4, .out_channels = 12, .bias = true, .activation = Activation::kHardsigmoid});
  const auto narrow = model->add_conv("narrow", model->add_multiply(depthwise, gate),
                                      {.in_channels = 12, .out_channels = 8, .bias = true});
  const auto sum = model->add_sum(narrow, stem, relu);
  const auto other = model->add_conv("other", stem, {.in_channels = 8, .out_channels = 6, .bias = true});
  const auto joined = model->add_concatenation({sum, other});
  const auto pooled = model->add_flatten(model->add_pool(Op::kAveragePool, joined, {4, 4, 0}));
  const auto units = model->add_linear("units", pooled, 14 * 4, 20, relu);
  model->add_linear("head", units, 20, 5, Activation::kNone);
  model->eval();
  return model;
}

NodeId find_layer(const Model& model, const std::string& name) {
  const auto& graph = model.graph();
  return std::find_if(graph.begin(), graph.end(), [&](const auto& node) { return node.name == name; })->id;
}

TEST(SmallChannelsTest, GroupsLayersWhoseValuesMeet) {
  const auto model = small_network();
  std::vector<std::vector<std::string>> names;
  for (const auto& group : channel_groups(model->graph())) {
    auto& its_names = names.emplace_back();
    for (const auto layer : group) its_names.push_back(model->graph()[layer].name);
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre(
                         std::vector<std::string>{"stem", "narrow"}, std::vector<std::string>{"wide", "gate"},
                         std::vector<std::string>{"squeeze"}, std::vector<std::string>{"other"},
                         std::vector<std::string>{"units"}));
}

// The smaller network computes what the whole one does when the dropped channels give zeros.
TEST(SmallChannelsTest, EqualsTheNetworkWithSilentChannels) {
  const auto model = small_network();
  const auto kept = every_other(*model);
  const auto smaller = with_channels(*model, kept);
  silence(*model, kept);
  const auto images = torch::randn({5, 3, 8, 8});
  EXPECT_TRUE(torch::allclose(run(*smaller, images), run(*model, images), 1e-5, 1e-6));
}

// Rows and columns are kept by number, so that a map of distinct numbers tells which.
TEST(SmallChannelsTest, NarrowsFixedMaps) {
  auto model = std::make_shared<Model>();
  const auto stem = model->add_conv("stem", model->add_input(), {.in_channels = 3, .out_channels = 4});
  const auto map =
      model->add_channel_map(stem, torch::arange(24, torch::kFloat).view({6, 4}), torch::arange(6, torch::kFloat));
  const auto other = model->add_conv("other", stem, {.in_channels = 4, .out_channels = 6});
  const auto sum = model->add_flatten(model->add_global_pool(model->add_sum(other, map)));
  model->add_linear("head", sum, 6, 2, Activation::kNone);
  EXPECT_THAT(channel_groups(model->graph()),
              ::testing::UnorderedElementsAre(std::vector<NodeId>{stem}, std::vector<NodeId>{other}));
  const auto smaller = with_channels(*model, {{stem, {1, 3}}, {other, {0, 2, 5}}});
  const auto& narrowed = smaller->graph()[map];
  EXPECT_TRUE(torch::equal(narrowed.map_weight, torch::tensor({{1, 3}, {9, 11}, {21, 23}}, torch::kFloat)));
  EXPECT_TRUE(torch::equal(narrowed.map_bias, torch::tensor({0, 2, 5}, torch::kFloat)));
  EXPECT_EQ(run(*smaller, torch::randn({2, 3, 8, 8})).sizes(), (std::vector<std::int64_t>{2, 2}));
}

TEST(SmallChannelsTest, RefusesToKeepTiedChannelsUnlike) {
  const auto model = small_network();
  EXPECT_ERROR(with_channels(*model, {{find_layer(*model, "stem"), {0, 1}}}), kConfig,
               "its inputs do not keep the same ones");
}

TEST(SmallChannelsTest, RefusesToKeepNone) {
  const auto model = small_network();
  EXPECT_ERROR(with_channels(*model, {{find_layer(*model, "squeeze"), {}}}), kConfig,
               "the channels of squeeze cannot be changed: it would keep none");
}

}  // namespace
}  // namespace assay::models
