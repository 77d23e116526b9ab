#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "config/toml.h"
#include "golden/run_python.h"
#include "models/model_section.h"
#include "models/operation.h"
#include "models/state_dict.h"
#include "models/weights.h"
#include "temporary_folder.h"

namespace assay::models {
namespace {

std::shared_ptr<Model> make(const std::string& options) {
  const auto table = config::parse_toml("name = \"continuous_integration\"\n" + options, "model.toml");
  return make_model(config::Section(table, "model", {"model.toml", 1, 1}), 10, 1);
}

double relative_difference(const at::Tensor& actual, const at::Tensor& expected) {
  return ((actual - expected).abs().max() / expected.abs().max().clamp_min(1e-12)).item<double>();
}

// A state_dict of the original loads, its unused layers passed over.
TEST(ContinuousIntegrationTest, ComputesWhatPyTorchComputes) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const TemporaryFolder folder;
  ASSERT_TRUE(run_python("continuous_integration.py", folder.path().string()));
  for (const std::string depth : {"shallow", "medium", "deep"}) {
    const auto model = make("depth = \"" + depth + "\"\nchannels = 8\ndropout = 0");
    load_weights(*model, folder.path() / ("weights_" + depth + ".pth"));
    std::map<std::string, at::Tensor> golden;
    for (const auto& [name, tensor] : read_state_dict(folder.path() / ("golden_" + depth + ".pth"))) {
      golden[name] = tensor;
    }
    model->eval();
    EXPECT_LE(relative_difference(model->forward(golden["input"]), golden["output"]), 1e-5) << depth;
    model->train();
    const auto output = model->forward(golden["input"]);
    EXPECT_LE(relative_difference(output, golden["train_output"]), 1e-4) << depth;
    (output * golden["weighing"]).sum().backward();
    for (const auto& parameter : model->named_parameters()) {
      ASSERT_TRUE(golden.contains("gradient." + parameter.key())) << parameter.key() << " has no effect there";
      const auto& expected = golden.at("gradient." + parameter.key());
      const auto gradient = parameter.value().grad().reshape(expected.sizes());
      EXPECT_LE(relative_difference(gradient, expected), 1e-3) << depth << " " << parameter.key();
    }
  }
}

TEST(ContinuousIntegrationTest, MixesTheEndsOfThePathways) {
  const auto modules = [](const std::string& options) {
    std::vector<std::string> names;
    const auto model = make(options);
    for (const auto& node : model->graph()) {
      if (!node.mixing.empty()) names.push_back(node.mixing_names.front());
    }
    return names;
  };
  EXPECT_EQ(modules("depth = \"medium\""),
            (std::vector<std::string>{"integration_modules.stage_2.color_weight", "final_integration.color_weight"}));
  EXPECT_EQ(modules("integrate_late = false"), std::vector<std::string>{"final_integration.color_weight"});
}

TEST(ContinuousIntegrationTest, SharesStartAsTheScalarsSay) {
  const auto model = make("");
  const auto& graph = model->graph();
  const auto last = std::find_if(graph.rbegin(), graph.rend(), [](const Node& node) { return !node.mixing.empty(); });
  const auto shares = mixing_weights(*last);
  EXPECT_EQ(shares.size(0), 3);
  EXPECT_NEAR(shares[0].item<double>(), std::exp(0.5) / (2 * std::exp(0.5) + 1), 1e-6);
  EXPECT_NEAR(shares.sum().item<double>(), 1.0, 1e-6);
}

}  // namespace
}  // namespace assay::models
