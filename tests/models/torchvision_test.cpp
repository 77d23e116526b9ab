// Networks against torchvision's, with the same weights.

#include "models/golden_network.h"
#include "models/model_section.h"

namespace assay::models {
namespace {

class TorchvisionTest : public ::testing::TestWithParam<std::string> {};

TEST_P(TorchvisionTest, ComputesTheSameOutputsAndGradients) {
  expect_what_pytorch_computes(plugin_section(GetParam()), "torchvision_models.py", GetParam());
}

TEST_P(TorchvisionTest, ReadsTheSavedWeights) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const TemporaryFolder folder;
  const auto file = folder.path() / "model.safetensors";
  save_model(*make_model(plugin_section(GetParam()), 10, 1), file);
  EXPECT_TRUE(run_python("torchvision_models.py", "--load " + GetParam() + " " + file.string()));
}

INSTANTIATE_TEST_SUITE_P(EveryModel, TorchvisionTest,
                         ::testing::Values("efficientnet_b0", "mobilenet_v2", "mobilenet_v3_small", "resnet18",
                                           "resnet50"),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace assay::models
