#include "models/model.h"

#include <torch/torch.h>

#include <cmath>

#include "expect_error.h"
#include "models/model_section.h"

namespace assay::models {
namespace {

TEST(ModelTest, CountsTheParametersOfMobileNetV3Small) {
  EXPECT_EQ(make_model(small_image_model(), 10, 1)->num_parameters(), 1'528'106);
  EXPECT_EQ(make_model(small_image_model(), 1000, 1)->num_parameters(), 2'542'856);
}

TEST(ModelTest, DrawsWeightsFromTheSeedAlone) {
  const auto first = make_model(small_image_model(), 10, 1)->parameters();
  torch::manual_seed(99);
  const auto again = make_model(small_image_model(), 10, 1)->parameters();
  const auto other = make_model(small_image_model(), 10, 2)->parameters();
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(torch::equal(first[i], again[i]));
  EXPECT_FALSE(torch::equal(first[0], other[0]));
}

TEST(ModelTest, EveryOneDependsOnItsSeed) {
  for (const auto& model : describe_models()) EXPECT_NO_THROW(check_model(plugin_section(model.name))) << model.name;
}

TEST(ModelTest, InitialisesAsTorchvisionDoes) {
  const auto model = make_model(small_image_model(), 10, 1);
  const auto parameters = model->named_parameters();
  EXPECT_NEAR(parameters["features.12.0.weight"].std().item<double>(), std::sqrt(2.0 / 576), 0.002);
  EXPECT_NEAR(parameters["features.9.block.1.0.weight"].std().item<double>(), std::sqrt(2.0 / (288 * 25)), 0.001);
  EXPECT_NEAR(parameters["classifier.0.weight"].std().item<double>(), 0.01, 1e-4);
  EXPECT_EQ(parameters["classifier.3.bias"].abs().max().item<double>(), 0.0);
  EXPECT_EQ(parameters["features.1.block.1.fc1.bias"].abs().max().item<double>(), 0.0);
}

// Large logits of a new head would spoil pretrained features.
TEST(ModelTest, EveryHeadOfFewClassesBeginsSmall) {
  for (const auto& each : describe_models()) {
    const auto model = make_model(plugin_section(each.name), 5, 1);
    const auto& head = model->graph().back().linear;
    const auto largest = head->weight.abs().max().item<double>();
    EXPECT_LE(largest * std::sqrt(static_cast<double>(head->options.in_features())), 2.0) << each.name;
  }
}

TEST(ModelTest, DropsUnitsOnlyInTraining) {
  const auto model = make_model(small_image_model(), 10, 1);
  const auto images = torch::randn({4, 3, 32, 32});
  torch::NoGradGuard no_grad;
  model->train();
  EXPECT_FALSE(torch::equal(model->forward(images), model->forward(images)));
  model->eval();
  EXPECT_TRUE(torch::equal(model->forward(images), model->forward(images)));
}

TEST(ModelTest, LearnsThroughEveryParameter) {
  const auto model = make_model(small_image_model(), 10, 1);
  model->train();
  torch::nn::functional::cross_entropy(model->forward(torch::randn({4, 3, 32, 32})), torch::arange(4)).backward();
  for (const auto& parameter : model->named_parameters())
    EXPECT_TRUE(parameter.value().grad().defined()) << parameter.key();
}

TEST(ModelTest, FoldedNetworkComputesTheSame) {
  torch::manual_seed(3);
  const auto model = make_model(small_image_model(), 10, 1);
  torch::NoGradGuard no_grad;
  model->train();
  for (int i = 0; i < 20; ++i) model->forward(torch::randn({8, 3, 32, 32}) * 2 + 1);
  model->eval();
  const auto images = torch::randn({3, 3, 32, 32});
  const auto layers = fold_batch_norm(model->graph());
  const auto evaluate = [&](const Node& node, at::ArrayRef<at::Tensor> inputs) {
    return evaluate_folded(node, layers[node.id], inputs);
  };
  const auto expected = model->forward(images);
  const auto difference = run_graph(model->graph(), images, evaluate) - expected;
  EXPECT_LT(difference.abs().max().item<double>(), 1e-4 * expected.abs().max().item<double>());
}

TEST(ModelTest, SaysHowToFetchPretrainedWeights) {
  const auto section = plugin_section("resnet20", {{"weights", std::string("pretrained")}});
  EXPECT_ERROR(make_model(section, 10, 1), kData, "the pretrained weights of resnet20 are not there");
  EXPECT_ERROR(weights_digest(section), kData, "scripts/weights");
}

TEST(ModelTest, RefusesWhatItDoesNotKnow) {
  EXPECT_ERROR(make_model(plugin_section("mobilenet_v3_smal"), 10, 1), kConfig, "mobilenet_v3_small");
  EXPECT_ERROR(make_model(plugin_section("mobilenet_v3_small", {{"stem_stride", std::int64_t{3}}}), 10, 1), kConfig,
               "section.stem_stride");
}

}  // namespace
}  // namespace assay::models
