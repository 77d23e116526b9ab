#include <gtest/gtest.h>
#include <torch/torch.h>

#include "config/toml.h"
#include "train/optimizers/optimizer.h"

namespace assay::train {
namespace {

// torch::optim::SGD is an independent implementation: one small kernel for each tensor and term.
TEST(SgdTest, MatchesTheUnfusedOptimizerStepByStep) {
  torch::manual_seed(1);
  const auto ours = torch::randn({5, 3}).requires_grad_();
  const auto theirs = ours.detach().clone().requires_grad_();
  const auto section = config::Section(
      config::parse_toml("name = \"sgd\"\nlr = 0.1\nmomentum = 0.9\nweight_decay = 0.01", "t"), "o", {});
  const auto fused = make_optimizer(section, {{"ours", ours}});
  auto options = torch::optim::SGDOptions(0.1).momentum(0.9).nesterov(true).weight_decay(0.01);
  torch::optim::SGD reference({theirs}, options);
  for (int step = 0; step < 5; ++step) {
    const double factor = 1.0 / (step + 1);
    fused->zero_grad();
    reference.zero_grad();
    ours.pow(2).sin().sum().backward();
    theirs.pow(2).sin().sum().backward();
    static_cast<torch::optim::SGDOptions&>(reference.param_groups()[0].options()).lr(0.1 * factor);
    fused->step(factor);
    reference.step();
    EXPECT_LT((ours - theirs).abs().max().item<double>(), 1e-6) << "step " << step;
  }
}

TEST(SgdTest, WorksWithoutMomentum) {
  const auto weight = torch::ones({2}).requires_grad_();
  const auto section =
      config::Section(config::parse_toml("name = \"sgd\"\nlr = 0.5\nmomentum = 0.0\nweight_decay = 0.0", "t"), "o", {});
  const auto optimizer = make_optimizer(section, {{"weight", weight}});
  EXPECT_TRUE(optimizer->state().empty());
  weight.sum().backward();
  optimizer->step(1.0);
  EXPECT_TRUE(weight.equal(torch::full({2}, 0.5)));
}

}  // namespace
}  // namespace assay::train
