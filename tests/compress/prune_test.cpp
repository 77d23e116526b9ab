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

TEST(PruneTest, TaylorFindsTheChannelsWithoutEffectOnTheLoss) {
  const auto model = network();
  {
    const torch::NoGradGuard no_grad;  // whatever "wide" says in its even channels, nobody listens
    model->named_parameters()["narrow.weight"].slice(1, 0, c10::nullopt, 2).zero_();
  }
  auto images = torch::randn({40, 3, 8, 8}), labels = torch::randint(5, {40});
  std::int64_t num_labels = 0;
  const auto calibration_labels = [&](std::int64_t count) {
    num_labels = count;
    return labels;
  };
  const auto step = make_step(
      plugin_section("prune", {{"importance", std::string("taylor")}, {"multiple", std::int64_t{1}}, {"share", 0.5}}));
  const auto output =
      step->run({{model, nullptr}, model, [&](std::int64_t) { return images; }, {}, 7, calibration_labels});
  EXPECT_EQ(num_labels, 40);
  ASSERT_EQ(num_outputs(*output.network.model, "wide"), 10);
  std::vector<float> kept_biases, odd_biases;
  for (std::int64_t i = 0; i < 10; ++i) {
    kept_biases.push_back(output.network.model->named_parameters()["wide.bias"][i].item<float>());
    odd_biases.push_back(model->named_parameters()["wide.bias"][2 * i + 1].item<float>());
  }
  EXPECT_EQ(kept_biases, odd_biases);
}

TEST(PruneTest, GlobalScopeTakesWhatIsLeastImportantAnywhere) {
  const auto model = network();
  {
    const torch::NoGradGuard no_grad;  // norms 1 everywhere, but 0.1 in half of "wide"
    for (const auto* layer : {"stem", "narrow", "wide"}) {
      const auto weight = model->named_parameters()[std::string(layer) + ".weight"];
      weight.div_(weight.flatten(1).norm(2, 1).view({-1, 1, 1, 1}));
    }
    model->named_parameters()["wide.weight"].slice(0, 0, 10).mul_(0.1);
  }
  const auto smaller = [&](double share, std::int64_t multiple) {
    return run_step(
               plugin_section("prune", {{"share", share}, {"multiple", multiple}, {"scope", std::string("global")}}),
               model, {})
        .network.model;
  };
  const auto fewer = smaller(10.0 / 36.0, 1);
  EXPECT_EQ(num_outputs(*fewer, "wide"), 10);
  EXPECT_EQ(num_outputs(*fewer, "stem"), 16);
  EXPECT_EQ(num_outputs(*smaller(10.0 / 36.0, 8), "wide"), 16);
  EXPECT_EQ(num_outputs(*smaller(0.95, 8), "wide"), 8) << "each group keeps a multiple";
  EXPECT_EQ(num_outputs(*smaller(0.95, 8), "stem"), 8);
}

TEST(PruneTest, KeepsTheShareOfMultiplicationsAskedFor) {
  const std::array<std::int64_t, 3> shape = {3, 8, 8};
  for (const auto* scope : {"layer", "global"}) {
    const auto model = network();
    const auto all = static_cast<double>(model->count_macs(shape));
    for (const double keep : {0.3, 0.5, 0.9, 1.0}) {
      const auto output = run_step(
          plugin_section("prune", {{"keep_macs", keep}, {"scope", std::string(scope)}, {"multiple", std::int64_t{1}}}),
          model, torch::zeros({1, 3, 8, 8}));
      EXPECT_LE(static_cast<double>(output.network.model->count_macs(shape)), keep * all) << scope << ' ' << keep;
      ASSERT_EQ(output.settings[0].first, "importance");
      ASSERT_EQ(output.settings[4].first, "share");
      const auto share = std::stod(output.settings[4].second);
      if (keep == 1.0) {
        EXPECT_EQ(share, 0.0);
        continue;
      }
      const auto larger = run_step(
          plugin_section("prune",
                         {{"share", share - 0.001}, {"scope", std::string(scope)}, {"multiple", std::int64_t{1}}}),
          model, {});
      EXPECT_GT(static_cast<double>(larger.network.model->count_macs(shape)), keep * all) << scope << ' ' << keep;
    }
  }
}

TEST(PruneTest, RefusesMultiplicationsThatCannotBeReachedOrAreToldTwice) {
  EXPECT_ERROR(run_step(plugin_section("prune", {{"keep_macs", 0.01}}), network(), torch::zeros({1, 3, 8, 8})), kConfig,
               "keep_macs = 0.01 cannot be reached");
  EXPECT_ERROR(make_step(plugin_section("prune", {{"keep_macs", 0.5}, {"share", 0.3}})), kConfig,
               "both say how much goes");
  EXPECT_ERROR(make_step(plugin_section("prune", {{"keep_macs", 1.1}})), kConfig, "must be between 0 and 1");
}

TEST(PruneTest, RecordsWhatRemains) {
  const auto output = run_step(plugin_section("prune", {{"multiple", std::int64_t{1}}}), network(), {});
  ASSERT_EQ(output.settings.size(), 4U);
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
