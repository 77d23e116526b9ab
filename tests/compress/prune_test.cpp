#include <torch/torch.h>

#include "compress/one_step.h"
#include "expect_error.h"
#include "models/model_section.h"

namespace assay::compress {
namespace {

using models::Activation;

/// A residual block whose stem and projection belong together, then a hidden layer.
std::shared_ptr<models::Model> network() {
  torch::manual_seed(5);
  auto model = std::make_shared<models::Model>();
  const auto stem = model->add_conv(
      "stem", model->add_input(),
      {.in_channels = 3, .out_channels = 16, .kernel = 3, .bias = true, .activation = Activation::kRelu});
  const auto wide = model->add_conv(
      "wide", stem, {.in_channels = 16, .out_channels = 20, .bias = true, .activation = Activation::kRelu});
  const auto narrow = model->add_conv("narrow", wide, {.in_channels = 20, .out_channels = 16, .bias = true});
  const auto sum = model->add_sum(narrow, stem, Activation::kRelu);
  model->add_linear("head", model->add_flatten(model->add_global_pool(sum)), 16, 5, Activation::kNone);
  model->eval();
  return model;
}

std::int64_t num_outputs(const models::Model& model, const std::string& layer) {
  return model.named_parameters()[layer + ".weight"].size(0);
}

std::shared_ptr<models::Model> pruned(const std::shared_ptr<models::Model>& model, double share,
                                      std::int64_t multiple = 1, const std::string& importance = "l2") {
  return run_step(plugin_section("prune", {{"share", share}, {"multiple", multiple}, {"importance", importance}}),
                  model, {})
      .network.model;
}

TEST(PruneTest, RemovesTheShareOfEachGroupRoundedUp) {
  const auto model = network();
  EXPECT_EQ(num_outputs(*pruned(model, 0.5), "stem"), 8);
  EXPECT_EQ(num_outputs(*pruned(model, 0.5), "narrow"), 8);
  EXPECT_EQ(num_outputs(*pruned(model, 0.5), "wide"), 10);
  EXPECT_EQ(num_outputs(*pruned(model, 0.5), "head"), 5);
  EXPECT_EQ(num_outputs(*pruned(model, 0.5, 8), "wide"), 16);
  EXPECT_EQ(num_outputs(*pruned(model, 0.95, 1), "wide"), 1);
  EXPECT_EQ(num_outputs(*pruned(model, 0.0), "wide"), 20);
  EXPECT_EQ(num_outputs(*model, "wide"), 20) << "the network given stays as it was";
}

// Channels without weights do nothing, so a network without them computes the same.
TEST(PruneTest, RemovesTheLeastImportantChannels) {
  for (const auto* importance : {"l1", "l2", "batch_norm"}) {
    const auto model = network();
    const torch::NoGradGuard no_grad;
    const auto silence = [&](const std::string& layer, std::int64_t first, std::int64_t step) {
      for (const auto* kind : {".weight", ".bias"}) {
        model->named_parameters()[layer + kind].slice(0, first, c10::nullopt, step).zero_();
      }
    };
    silence("wide", 0, 2);
    silence("stem", 1, 2);
    silence("narrow", 1, 2);
    const auto images = torch::randn({4, 3, 8, 8});
    EXPECT_TRUE(torch::allclose(pruned(model, 0.5, 1, importance)->forward(images), model->forward(images), 1e-5, 1e-6))
        << importance;
  }
}

TEST(PruneTest, RecordsWhatRemains) {
  const auto output = run_step(plugin_section("prune", {{"multiple", std::int64_t{1}}}), network(), {});
  ASSERT_EQ(output.settings.size(), 3U);
  EXPECT_EQ(output.settings[1], std::pair(std::string("channels"), std::string("18 of 36")));
  EXPECT_EQ(output.settings[2].second.substr(output.settings[2].second.find(" of ")), " of 1209");
}

TEST(PruneTest, RefusesSharesBeyondReason) {
  for (const double share : {-0.1, 0.96, 1.0, 2.0}) {
    EXPECT_ERROR(make_step(plugin_section("prune", {{"share", share}})), kConfig, "must be between 0 and 0.95");
  }
}

}  // namespace
}  // namespace assay::compress
