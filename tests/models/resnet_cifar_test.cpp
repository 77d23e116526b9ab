#include <torch/torch.h>

#include <cmath>

#include "expect_error.h"
#include "golden/run_python.h"
#include "models/model_section.h"
#include "models/state_dict.h"
#include "models/weights.h"
#include "temporary_folder.h"

namespace assay::models {
namespace {

config::Section resnet(std::int64_t blocks_per_stage) {
  return plugin_section("resnet20", {{"blocks_per_stage", blocks_per_stage}});
}

// The names and shapes are checked, too: a state_dict loads only when all agree.
TEST(ResNetCifarTest, ComputesWhatPyTorchComputes) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const TemporaryFolder folder;
  ASSERT_TRUE(run_python("resnet_cifar.py", folder.path().string()));
  for (const std::int64_t blocks_per_stage : {3, 5}) {
    const auto number = std::to_string(blocks_per_stage) + ".pth";
    const auto model = make_model(resnet(blocks_per_stage), 10, 1);
    load_weights(*model, folder.path() / ("weights_" + number));
    model->eval();
    const auto golden = read_state_dict(folder.path() / ("golden_" + number));
    ASSERT_EQ(golden.at(0).first, "input");
    torch::NoGradGuard no_grad;
    const auto expected = golden.at(1).second;
    const auto difference = (model->forward(golden.at(0).second) - expected).abs().max().item<double>();
    EXPECT_LE(difference, 1e-5 * expected.abs().max().item<double>()) << number;
  }
}

// He et al. 2016, table 6: 0.27, 0.46, 0.66 and 0.85 million with shortcuts without weights; ours have 2,752 in two.
TEST(ResNetCifarTest, HasThePublishedNumberOfParameters) {
  EXPECT_EQ(make_model(resnet(3), 10, 1)->num_parameters(), 269'722 + 2'752);
  const std::vector<std::pair<std::int64_t, double>> published = {{3, 0.27}, {5, 0.46}, {7, 0.66}, {9, 0.85}};
  for (const auto& [blocks, millions] : published)
    EXPECT_NEAR(static_cast<double>(make_model(resnet(blocks), 10, 1)->num_parameters() - 2'752) / 1e6, millions,
                0.006);
}

TEST(ResNetCifarTest, InitialisesAsTorchvisionDoes) {
  const auto parameters = make_model(resnet(3), 10, 1)->named_parameters();
  const auto deviation = [&](const char* name) { return parameters[name].std().item<double>(); };
  EXPECT_NEAR(deviation("layer3.1.conv1.weight"), std::sqrt(2.0 / (64 * 9)), 0.001);
  EXPECT_NEAR(deviation("layer2.0.conv1.weight"), std::sqrt(2.0 / (32 * 9)), 0.003);
  EXPECT_NEAR(deviation("layer3.0.shortcut.0.weight"), std::sqrt(2.0 / 64), 0.006);
  EXPECT_LE(parameters["linear.weight"].abs().max().item<double>(), 0.125);
  EXPECT_GT(parameters["linear.weight"].abs().max().item<double>(), 0.12);
  EXPECT_EQ(parameters["bn1.weight"].min().item<double>(), 1.0);
}

TEST(ResNetCifarTest, LearnsThroughEveryParameter) {
  const auto model = make_model(resnet(1), 4, 1);
  const auto logits = model->forward(torch::randn({4, 3, 32, 32}));
  EXPECT_EQ(logits.sizes(), (std::vector<std::int64_t>{4, 4}));
  torch::nn::functional::cross_entropy(logits, torch::arange(4)).backward();
  for (const auto& parameter : model->named_parameters())
    EXPECT_TRUE(parameter.value().grad().defined()) << parameter.key();
}

}  // namespace
}  // namespace assay::models
