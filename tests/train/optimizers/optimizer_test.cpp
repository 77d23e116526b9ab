#include "train/optimizers/optimizer.h"

#include <torch/torch.h>

#include <set>

#include "config/toml.h"
#include "expect_error.h"

namespace assay::train {
namespace {

std::unique_ptr<Optimizer> make(const std::string& options, std::vector<Parameter> parameters) {
  return make_optimizer(config::Section(config::parse_toml(options, "o.toml"), "o", {"o.toml", 1, 1}),
                        std::move(parameters));
}

std::vector<Parameter> three_parameters() {
  return {{"conv.weight", torch::ones({4, 3, 3, 3}).requires_grad_()},
          {"head.weight", torch::ones({2, 4}).requires_grad_()},
          {"head.bias", torch::ones({2}).requires_grad_()}};
}

std::vector<std::string> names(const Optimizer& optimizer) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : optimizer.state()) names.push_back(name);
  return names;
}

void give_gradients(const std::vector<Parameter>& parameters) {
  for (const auto& parameter : parameters) parameter.value.mutable_grad() = torch::ones_like(parameter.value);
}

class OptimizerTest : public testing::TestWithParam<std::string> {};

TEST_P(OptimizerTest, NamesItsStateFromTheStartAndAlwaysAlike) {
  const auto parameters = three_parameters();
  const auto optimizer = make("name = \"" + GetParam() + "\"", parameters);
  const auto first = names(*optimizer);
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()).size(), first.size());
  give_gradients(parameters);
  optimizer->step(1.0);
  EXPECT_EQ(names(*optimizer), first);
  EXPECT_GE(first.size(), parameters.size());
}

TEST_P(OptimizerTest, LeavesParametersWithoutGradient) {
  const auto parameters = three_parameters();
  make("name = \"" + GetParam() + "\"", parameters)->step(1.0);
  for (const auto& parameter : parameters) EXPECT_TRUE(parameter.value.eq(1.0).all().item<bool>()) << parameter.name;
}

TEST_P(OptimizerTest, AStepAtFactorZeroChangesNothing) {
  const auto parameters = three_parameters();
  give_gradients(parameters);
  make("name = \"" + GetParam() + "\"", parameters)->step(0.0);
  for (const auto& parameter : parameters) EXPECT_TRUE(parameter.value.eq(1.0).all().item<bool>()) << parameter.name;
}

TEST_P(OptimizerTest, ChecksItsOptionsWithoutParameters) {
  EXPECT_NO_THROW(make("name = \"" + GetParam() + "\"", {}));
  EXPECT_ERROR(make("name = \"" + GetParam() + "\"\nlr = -1.0", {}), kConfig, "o.lr");
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const auto& plugin : describe_optimizers()) names.push_back(plugin.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, OptimizerTest, testing::ValuesIn(all_names()),
                         [](const auto& parameter) { return parameter.param; });

TEST(NamedParametersTest, AreThoseOfTheStateDict) {
  const torch::nn::Sequential net(torch::nn::Linear(2, 3), torch::nn::BatchNorm1d(3));
  const auto parameters = named_parameters(*net);
  ASSERT_EQ(parameters.size(), 4U);
  EXPECT_EQ(parameters[1].name, "0.bias");
  EXPECT_EQ(parameters[2].name, "1.weight");
  EXPECT_TRUE(parameters[0].value.is_same(net->parameters()[0]));
}

TEST(AdamTest, AGroupThatBeginsLaterCountsItsOwnSteps) {
  for (const std::string name : {"adam", "adamw"}) {
    const auto early = torch::ones({3}).requires_grad_(), late = torch::ones({3}).requires_grad_();
    const auto alone = torch::ones({3}).requires_grad_();
    const auto optimizer = make("name = \"" + name + "\"", {{"early", early}, {"late", late, "second", 0.5}});
    early.mutable_grad() = torch::ones({3});
    for (int i = 0; i < 3; ++i) optimizer->step(1.0);
    EXPECT_TRUE(late.eq(1.0).all().item<bool>());
    late.mutable_grad() = alone.mutable_grad() = torch::full({3}, 2.0);
    optimizer->step(1.0);
    make("name = \"" + name + "\"", {{"alone", alone}})->step(0.5);
    EXPECT_TRUE(late.equal(alone)) << name;
  }
}

TEST(MuonTest, StepsByAnOrthogonalMatrixOfUnitScale) {
  torch::manual_seed(2);
  const auto weight = torch::zeros({6, 4, 1, 2}).requires_grad_();
  const std::vector<Parameter> parameters = {{"conv.weight", weight}, {"head.weight", torch::zeros({2, 6})}};
  weight.mutable_grad() = torch::randn({6, 4, 1, 2});
  make("name = \"muon\"\nlr = 1.0", parameters)->step(1.0);
  const auto singular_values = torch::linalg_svdvals(weight.detach().reshape({6, 8}));
  EXPECT_GT(singular_values.min().item<double>(), 0.5);  // five iterations end between 0.7 and 1.2
  EXPECT_LT(singular_values.max().item<double>(), 1.3);
}

TEST(MuonTest, LeavesTheHeadNormsAndBiasesToAdamW) {
  const auto state = names(*make("name = \"muon\"", three_parameters()));
  const std::vector<std::string> expected = {"momentum.conv.weight", "exp_avg.head.bias",      "exp_avg.head.weight",
                                             "exp_avg_sq.head.bias", "exp_avg_sq.head.weight", "num_steps"};
  EXPECT_EQ(state, expected);
}

}  // namespace
}  // namespace assay::train
