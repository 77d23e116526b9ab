#include "compress/channel_importance.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace assay::compress {
namespace {

/// A convolution with BatchNorm, one with a bias, and a linear layer; smooth, so that differences are derivatives.
std::shared_ptr<models::Model> network() {
  torch::manual_seed(5);
  auto model = std::make_shared<models::Model>();
  auto node = model->add_conv("first", model->add_input(),
                              {.in_channels = 3, .out_channels = 6, .activation = models::Activation::kSilu});
  model->add_batch_norm("norm", node, 1e-5, 0.1);
  node = model->add_conv("second", node,
                         {.in_channels = 6, .out_channels = 4, .bias = true, .activation = models::Activation::kSilu});
  model->add_linear("head", model->add_flatten(model->add_global_pool(node)), 4, 5, models::Activation::kNone);
  const torch::NoGradGuard no_grad;
  const auto parameters = model->named_parameters();
  parameters["norm.weight"].copy_(torch::rand({6}) + 0.5);
  parameters["norm.bias"].copy_(torch::randn({6}));
  model->eval();
  return model;
}

double loss_of(models::Model& model, const at::Tensor& images, const at::Tensor& labels) {
  const torch::NoGradGuard no_grad;
  return torch::nn::functional::cross_entropy(model.forward(images), labels).item<double>();
}

/// Returns the derivative of the loss by a factor on what the parameters give in one channel.
double slope(models::Model& model, const std::vector<std::string>& parameters, std::int64_t channel,
             const at::Tensor& images, const at::Tensor& labels) {
  constexpr double kStep = 1e-4;
  const torch::NoGradGuard no_grad;
  const auto named = model.named_parameters();
  const auto loss_with = [&](double factor) {
    std::vector<at::Tensor> before;
    for (const auto& name : parameters) {
      before.push_back(named[name].clone());
      named[name][channel].mul_(factor);
    }
    const auto loss = loss_of(model, images, labels);
    for (std::size_t i = 0; i < parameters.size(); ++i) named[parameters[i]].copy_(before[i]);
    return loss;
  };
  return (loss_with(1.0 + kStep) - loss_with(1.0 - kStep)) / (2.0 * kStep);
}

TEST(ChannelImportanceTest, GradientsGiveTheSlopeOfTheLoss) {
  const auto model = network();
  const auto images = torch::randn({30, 3, 4, 4}), labels = torch::randint(5, {30});
  const auto scores = score_by_gradients(*model, images, labels, 7);
  model->to(torch::kDouble);
  const auto exact = images.to(torch::kDouble);
  for (std::int64_t channel = 0; channel < 6; ++channel) {
    EXPECT_NEAR(scores.at(1)[channel].item<double>(),
                std::abs(slope(*model, {"norm.weight", "norm.bias"}, channel, exact, labels)), 1e-5);
  }
  for (std::int64_t channel = 0; channel < 4; ++channel) {
    EXPECT_NEAR(scores.at(2)[channel].item<double>(),
                std::abs(slope(*model, {"second.weight", "second.bias"}, channel, exact, labels)), 1e-5);
  }
}

TEST(ChannelImportanceTest, GradientsAreTakenBatchByBatchWhateverTheMemory) {
  const auto model = network();
  const auto images = torch::randn({48, 3, 4, 4}), labels = torch::randint(5, {48});
  const auto first = score_by_gradients(*model, images.narrow(0, 0, 32), labels.narrow(0, 0, 32), 32);
  const auto last = score_by_gradients(*model, images.narrow(0, 32, 16), labels.narrow(0, 32, 16), 32);
  for (const std::int64_t num_at_once : {1, 10, 128}) {
    const auto both = score_by_gradients(*model, images, labels, num_at_once);
    for (const auto& [layer, score] : both) {
      EXPECT_TRUE(torch::allclose(score, (2 * first.at(layer) + last.at(layer)) / 3, 1e-4, 1e-6)) << num_at_once;
    }
  }
  for (const auto& parameter : model->parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST(ChannelImportanceTest, GroupsAreComparable) {
  const ChannelScores scores = {{1, torch::tensor({1.0, 3.0})}, {2, torch::tensor({30.0, 10.0})}};
  EXPECT_TRUE(group_score({1}, scores).equal(torch::tensor({0.5, 1.5})));
  EXPECT_TRUE(group_score({1, 2}, scores).equal(torch::tensor({1.0, 1.0})));
}

}  // namespace
}  // namespace assay::compress
