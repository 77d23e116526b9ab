#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "models/model.h"
#include "models/model_section.h"
#include "models/operation.h"

namespace assay::models {
namespace {

std::shared_ptr<Model> resnet(std::int64_t blocks_per_stage, const std::string& shortcut = "projection",
                              std::int64_t num_classes = 10) {
  return make_model(plugin_section("resnet20", {{"blocks_per_stage", blocks_per_stage}, {"shortcut", shortcut}}),
                    num_classes, 1);
}

// He et al. 2016, table 6, with shortcuts without weights.
TEST(ResNetCifarTest, HasThePublishedNumberOfParameters) {
  EXPECT_EQ(resnet(3)->num_parameters(), 269'722 + 2'752) << "of two projections";
  EXPECT_EQ(resnet(3, "padded")->num_parameters(), 269'722);
  EXPECT_EQ(resnet(18, "padded")->num_parameters(), 1'727'962);
  const std::vector<std::pair<std::int64_t, double>> published = {{3, 0.27}, {5, 0.46}, {7, 0.66}, {9, 0.85}};
  for (const auto& [blocks, millions] : published) {
    EXPECT_NEAR(static_cast<double>(resnet(blocks, "padded")->num_parameters()) / 1e6, millions, 0.006);
  }
}

TEST(ResNetCifarTest, CountsTheWorkOfItsLayers) {
  EXPECT_EQ(resnet(3)->count_macs({3, 32, 32}), 40'813'184);
  EXPECT_EQ(resnet(3, "padded")->count_macs({3, 32, 32}), 40'551'040);
}

TEST(ResNetCifarTest, PaddedShortcutsTakeEveryOtherPixelBetweenChannelsOfZeros) {
  const auto model = resnet(1, "padded");
  const auto& graph = model->graph();
  const auto map = std::find_if(graph.begin(), graph.end(), [](const auto& node) { return node.map_weight.defined(); });
  ASSERT_NE(map, graph.end());
  const auto& pool = graph[map->inputs[0]];
  const auto images = torch::randn({2, 16, 7, 6});
  const auto seen = row_of(pool.op).compute(pool, {images}, true);
  EXPECT_TRUE(torch::equal(row_of(map->op).compute(*map, {seen}, true),
                           at::constant_pad_nd(images.slice(2, 0, 7, 2).slice(3, 0, 6, 2), {0, 0, 0, 0, 8, 8})));
}

TEST(ResNetCifarTest, InitialisesAsTorchvisionDoes) {
  const auto parameters = resnet(3)->named_parameters();
  const auto deviation = [&](const char* name) { return parameters[name].std().item<double>(); };
  EXPECT_NEAR(deviation("layer3.1.conv1.weight"), std::sqrt(2.0 / (64 * 9)), 0.001);
  EXPECT_NEAR(deviation("layer2.0.conv1.weight"), std::sqrt(2.0 / (32 * 9)), 0.003);
  EXPECT_NEAR(deviation("layer3.0.shortcut.0.weight"), std::sqrt(2.0 / 64), 0.006);
  EXPECT_LE(parameters["linear.weight"].abs().max().item<double>(), 0.125);
  EXPECT_GT(parameters["linear.weight"].abs().max().item<double>(), 0.12);
  EXPECT_EQ(parameters["bn1.weight"].min().item<double>(), 1.0);
}

TEST(ResNetCifarTest, LearnsThroughEveryParameter) {
  const auto model = resnet(1, "projection", 4);
  const auto logits = model->forward(torch::randn({4, 3, 32, 32}));
  EXPECT_EQ(logits.sizes(), (std::vector<std::int64_t>{4, 4}));
  torch::nn::functional::cross_entropy(logits, torch::arange(4)).backward();
  for (const auto& parameter : model->named_parameters())
    EXPECT_TRUE(parameter.value().grad().defined()) << parameter.key();
}

}  // namespace
}  // namespace assay::models
