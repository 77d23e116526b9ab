// Networks against torchvision's, with the same weights.

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>

#include "golden/run_python.h"
#include "models/model.h"
#include "models/model_section.h"
#include "models/state_dict.h"
#include "models/weights.h"
#include "temporary_folder.h"

namespace assay::models {
namespace {

/// Returns the largest difference as a share of the largest expected value.
double relative_difference(const at::Tensor& actual, const at::Tensor& expected) {
  return ((actual - expected).abs().max() / expected.abs().max().clamp_min(1e-12)).item<double>();
}

void turn_off_chance(Model& model) {
  for (auto node : model.graph()) {
    if (node.dropout) node.dropout->options.p(0.0);
    if (node.stochastic_depth) node.stochastic_depth->rate = 0.0;
  }
}

class TorchvisionTest : public ::testing::TestWithParam<std::string> {};

TEST_P(TorchvisionTest, ComputesTheSameOutputsAndGradients) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const TemporaryFolder folder;
  ASSERT_TRUE(run_python("torchvision_models.py", GetParam() + " " + folder.path().string()));
  std::map<std::string, at::Tensor> golden;
  for (const auto& [name, tensor] : read_state_dict(folder.path() / "golden.pth")) golden[name] = tensor;
  const auto model = make_model(plugin_section(GetParam()), 10, 1);
  load_weights(*model, folder.path() / "weights.pth");
  turn_off_chance(*model);

  model->eval();
  {
    const torch::NoGradGuard no_grad;
    EXPECT_LE(relative_difference(model->forward(golden["input"]), golden["output"]), 1e-5);
  }
  model->train();
  const auto output = model->forward(golden["input"]);
  EXPECT_LE(relative_difference(output, golden["train_output"]), 1e-4);
  (output * golden["weighing"]).sum().backward();
  for (const auto& parameter : model->named_parameters()) {
    const auto& expected = golden.at("gradient." + parameter.key());
    EXPECT_LE(relative_difference(parameter.value().grad(), expected), 1e-3) << parameter.key();
  }
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
