#include "train/backbone.h"

#include <algorithm>

#include "expect_error.h"
#include "temporary_folder.h"
#include "train/state.h"
#include "train/step.h"
#include "train/training_fixture.h"

namespace assay::train {
namespace {

// Copies of all parameters and buffers by name, without the head.
std::map<std::string, at::Tensor> backbone_of(const torch::nn::Module& net) {
  std::map<std::string, at::Tensor> values;
  for (const auto& pair : net.named_parameters()) values[pair.key()] = pair.value().detach().clone();
  for (const auto& pair : net.named_buffers()) values[pair.key()] = pair.value().clone();
  values.erase("head.weight");
  values.erase("head.bias");
  return values;
}

class BackboneTest : public testing::Test {
 protected:
  BackboneTest() { training_.options.keep = "last"; }

  TrainResult train(TinyNet& net) {
    const TemporaryFolder folder;
    return training_.run(net, folder.path(), sink_);
  }

  // Takes some steps over the same ten images without freezing anything.
  static void step(TinyNet& net, const TrainOptions& options, int count) {
    net.train();
    const auto images = two_classes(10);
    TrainState state(options, net, Precision::kFp32, torch::kCPU, 1);
    Stepper stepper(net, state, cross_entropy(0.1), torch::kCPU, {10});
    StepTimes times;
    for (int i = 0; i < count; ++i) {
      stepper.step({images.pixels.to(torch::kFloat32) / 255.0, images.labels}, {1, i, i}, 1.0, times);
    }
  }

  SmallTraining training_;
  LastPoint sink_;
};

TEST_F(BackboneTest, FrozenEpochsTrainTheHeadAlone) {
  training_.options.epochs = training_.options.freeze_epochs = 2;
  for (const auto& optimizer : describe_optimizers()) {
    training_.options.optimizer = section("name = \"" + optimizer.name + "\"\nlr = 0.01\nweight_decay = 0.1");
    TinyNet net;
    const auto before = backbone_of(net);
    const auto head_before = net.named_parameters()["head.weight"].detach().clone();
    const auto result = train(net);
    for (const auto& [name, value] : backbone_of(net)) EXPECT_TRUE(value.equal(before.at(name))) << name;
    EXPECT_FALSE(net.named_parameters()["head.weight"].equal(head_before)) << optimizer.name;
    for (const auto& parameter : net.parameters()) EXPECT_TRUE(parameter.requires_grad());
    EXPECT_EQ(result.ending.back(), "averaged weights applied");  // no statistics were recomputed
  }
}

TEST_F(BackboneTest, EverythingIsTrainedAfterThem) {
  training_.options.epochs = 3;
  training_.options.freeze_epochs = 2;
  training_.options.ema.decay = 0.0;
  TinyNet net;
  const auto before = backbone_of(net);
  train(net);
  const auto after = backbone_of(net);
  for (const auto& [name, value] : after) EXPECT_FALSE(value.equal(before.at(name))) << name;
  EXPECT_EQ(after.at("norm.num_batches_tracked").item<std::int64_t>(), 18);  // three passes each of six steps
}

TEST_F(BackboneTest, AFrozenBackboneHasNoMomentum) {
  TinyNet net;
  net.train();
  training_.options.freeze_epochs = 1;
  TrainState state(training_.options, net, Precision::kFp32, torch::kCPU, 1);
  Stepper stepper(net, state, cross_entropy(0.1), torch::kCPU, {10});
  FrozenBackbone frozen(net);
  frozen.hold_statistics();
  const auto images = two_classes(10);
  StepTimes times;
  stepper.step({images.pixels.to(torch::kFloat32) / 255.0, images.labels}, {1, 0, 0}, 1.0, times);
  for (const auto& [name, value] : state.optimizer->state()) {
    EXPECT_EQ(value.count_nonzero().item<std::int64_t>() > 0, name.starts_with("momentum.head.")) << name;
  }
}

TEST_F(BackboneTest, TrainingDoesNotEndEarlyBeforeItThaws) {
  training_.options.optimizer = section("name = \"sgd\"\nlr = 0.0");
  training_.options.epochs = 8;
  training_.options.patience = 1;
  training_.options.freeze_epochs = 3;
  TinyNet net;
  EXPECT_GE(train(net).history.size(), 4U);  // nothing improves in the second and third
}

TEST_F(BackboneTest, GradientCheckpointingKeepsTheBits) {
  training_.options.epochs = 3;
  training_.options.freeze_epochs = 2;
  TinyNet plain, checkpointed;
  train(plain);
  training_.checkpoints_gradients = true;
  train(checkpointed);
  EXPECT_TRUE(all_values(plain).equal(all_values(checkpointed)));
}

TEST_F(BackboneTest, TheFactorScalesItsUpdate) {
  const auto plain = "name = \"sgd\"\nmomentum = 0.0\nnesterov = false\nweight_decay = 0.0\nlr = ";
  const auto step_once = [&](const std::string& rate, double factor, TinyNet& net) {
    training_.options.optimizer = section(plain + rate);
    training_.options.backbone_lr_factor = factor;
    step(net, training_.options, 1);
  };
  TinyNet scaled, slow, fast, still;
  step_once("0.1", 0.5, scaled);
  step_once("0.05", 1.0, slow);
  step_once("0.1", 1.0, fast);
  const auto expected = backbone_of(slow);
  for (const auto& [name, value] : backbone_of(scaled)) EXPECT_TRUE(value.equal(expected.at(name))) << name;
  EXPECT_TRUE(scaled.named_parameters()["head.weight"].equal(fast.named_parameters()["head.weight"]));
  EXPECT_FALSE(scaled.named_parameters()["head.weight"].equal(slow.named_parameters()["head.weight"]));
  const auto before = still.named_parameters()["conv.weight"].detach().clone();
  step_once("0.1", 0.0, still);
  EXPECT_TRUE(still.named_parameters()["conv.weight"].equal(before));
}

TEST_F(BackboneTest, TellingThePartsApartChangesNoBit) {
  for (const auto& optimizer : describe_optimizers()) {
    auto options = training_.options;
    options.optimizer = section("name = \"" + optimizer.name + "\"\nlr = 0.01");
    TinyNet whole, apart;
    step(whole, options, 3);
    options.freeze_epochs = 1;
    step(apart, options, 3);
    EXPECT_TRUE(all_values(whole).equal(all_values(apart))) << optimizer.name;
  }
}

TEST_F(BackboneTest, DefaultsMakeNoSecondGroup) {
  training_.options.optimizer = section("name = \"adamw\"");
  const auto state_names = [this] {
    TinyNet net;
    const TrainState state(training_.options, net, Precision::kFp32, torch::kCPU, 1);
    std::vector<std::string> names;
    for (const auto& [name, value] : state.optimizer->state()) names.push_back(name);
    return names;
  };
  const auto whole = state_names();
  training_.options.backbone_lr_factor = 0.1;
  const auto apart = state_names();
  EXPECT_EQ(whole.back(), "num_steps");
  EXPECT_EQ(std::count(whole.begin(), whole.end(), "num_steps.backbone"), 0);
  EXPECT_EQ(std::count(apart.begin(), apart.end(), "num_steps.backbone"), 1);
}

TEST(HeadTest, IsTheLastLinearLayer) {
  const TinyNet net;
  EXPECT_TRUE(head_of(net)->weight.is_same(net.named_parameters()["head.weight"]));
  class Headless final : public models::Model {
   public:
    Headless() { add_flatten(add_global_pool(add_input())); }
  };
  EXPECT_ERROR(head_of(Headless()), kConfig, "which is no linear layer");
}

}  // namespace
}  // namespace assay::train
