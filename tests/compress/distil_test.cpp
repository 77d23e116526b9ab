#include <torch/torch.h>

#include <cmath>

#include "compress/step.h"
#include "expect_error.h"
#include "models/model_section.h"

namespace assay::compress {
namespace {

/// A network whose logits are the red, green and blue of one pixel, times `factor`.
std::shared_ptr<models::Model> pixel_network(double factor) {
  auto model = std::make_shared<models::Model>();
  model->add_linear("head", model->add_flatten(model->add_input()), 3, 3, models::Activation::kNone);
  const torch::NoGradGuard no_grad;
  model->named_parameters()["head.weight"].copy_(torch::eye(3) * factor);
  model->named_parameters()["head.bias"].zero_();
  model->eval();
  return model;
}

double softmax_of(const std::vector<double>& values, std::size_t which) {
  double sum = 0.0;
  for (const auto value : values) sum += std::exp(value);
  return std::exp(values[which]) / sum;
}

TEST(DistilTest, TrainsOnTheAnswersOfTheTeacherAndTheLabels) {
  const auto student = pixel_network(1.0), teacher = pixel_network(2.0);
  TrainRequest asked;
  const auto step = make_step(plugin_section(
      "distil", {{"temperature", 2.0}, {"alpha", 0.25}, {"epochs", std::int64_t{3}}, {"rate_factor", 0.5}}));
  const auto output = step->run(
      {{student, nullptr}, teacher, {}, [&](models::Model&, const TrainRequest& request) { asked = request; }});
  EXPECT_EQ(asked.epochs, 3);
  EXPECT_EQ(asked.rate_factor, 0.5);
  EXPECT_NE(output.network.model, student);

  const auto images = torch::tensor({1.0F, 0.5F, -1.0F}).view({1, 3, 1, 1});
  auto logits = student->forward(images).detach().requires_grad_();
  const auto labels = torch::tensor({1}, torch::kLong);
  const auto loss = asked.loss({images, logits, labels, {}});
  // KL(teacher || student) of the softened answers, by hand.
  const std::vector<double> soft = {0.5, 0.25, -0.5}, hard = {1.0, 0.5, -1.0}, plain = {1.0, 0.5, -1.0};
  double divergence = 0.0;
  for (std::size_t i = 0; i < 3; ++i) {
    divergence += softmax_of(hard, i) * (std::log(softmax_of(hard, i)) - std::log(softmax_of(soft, i)));
  }
  EXPECT_NEAR(loss.item<double>(), 0.25 * 4.0 * divergence - 0.75 * std::log(softmax_of(plain, 1)), 1e-6);
  loss.backward();
  EXPECT_TRUE(logits.grad().defined());
  EXPECT_FALSE(teacher->parameters()[0].grad().defined());
}

TEST(DistilTest, RefusesTemperaturesBeyondReason) {
  EXPECT_ERROR(make_step(plugin_section("distil", {{"temperature", 0.0}})), kConfig, "must be between 0.5 and 20");
  EXPECT_ERROR(make_step(plugin_section("distil", {{"alpha", 1.5}})), kConfig, "must be between 0 and 1");
}

}  // namespace
}  // namespace assay::compress
