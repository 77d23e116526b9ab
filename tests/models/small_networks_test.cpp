// Networks for small images against PyTorch's modules, with the same weights.

#include "models/golden_network.h"
#include "models/model_section.h"

namespace assay::models {
namespace {

class SmallNetworksTest : public ::testing::TestWithParam<std::string> {};

TEST_P(SmallNetworksTest, ComputeTheSameOutputsAndGradients) {
  expect_what_pytorch_computes(network_section(GetParam()), "small_networks.py", GetParam());
}

TEST(SmallNetworksSizeTest, IsAsStated) {
  const auto fast = make_model(plugin_section("resnet9"), 10, 1);
  EXPECT_EQ(fast->num_parameters(), 6'573'130);
  EXPECT_EQ(fast->count_macs({3, 32, 32}), 379'261'952);
  const auto tiny = make_model(plugin_section("tiny_depthwise"), 10, 1);
  EXPECT_EQ(tiny->num_parameters(), 41'050);
  EXPECT_EQ(tiny->count_macs({3, 32, 32}), 4'494'752);
}

INSTANTIATE_TEST_SUITE_P(EveryModel, SmallNetworksTest,
                         ::testing::Values("resnet20", "resnet32", "resnet20_padded", "tiny_depthwise", "resnet9"),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace assay::models
