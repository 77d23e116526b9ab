#include "train/batch_norm.h"

#include <cstdio>

#include "device/metering_allocator.h"
#include "eval/accuracy.h"
#include "expect_error.h"
#include "temporary_folder.h"
#include "train/dropout.h"
#include "train/pass.h"
#include "train/training_fixture.h"

namespace assay::train {
namespace {

// Dropout before BatchNorm scales up the values that it keeps, so the variance is larger than in evaluation.
class DropoutNet final : public models::Model {
 public:
  explicit DropoutNet(double rate, std::uint64_t seed = 3) {
    torch::manual_seed(seed);
    auto node = add_input();
    std::int64_t channels = 3;
    for (int i = 0; i < 6; ++i) {
      const auto path = std::to_string(i);
      node = add_dropout("dropout" + path, node, i == 0 ? 0.0 : rate);
      node =
          add_conv("conv" + path, node,
                   {.in_channels = channels, .out_channels = 16, .kernel = 3, .activation = models::Activation::kRelu});
      add_batch_norm("norm" + path, node, 1e-5, 0.1);
      channels = 16;
    }
    add_linear("head", add_flatten(add_global_pool(node)), 16, 4, models::Activation::kNone);
  }
};

// Four classes by the direction and width of noisy stripes.
data::Images stripes(std::int64_t count) {
  torch::manual_seed(7);
  const auto labels = torch::arange(count).remainder(4);
  auto pixels = torch::randint(0, 120, {count, 3, 12, 12});
  const auto place = torch::arange(12);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto label = labels[i].item<std::int64_t>();
    const auto wave = place.div(label < 2 ? 1 : 3, "floor").remainder(2) * 60;
    pixels[i] += label % 2 == 0 ? wave.view({1, 12, 1}) : wave.view({1, 1, 12});
  }
  return {pixels.to(torch::kUInt8), labels};
}

class BatchNormTest : public testing::Test {
 protected:
  data::Loader training_loader() const {
    data::LoadingOptions loading;
    loading.augment = {};
    return data::Loader::for_training(images_.all(), images_.preprocessing(normalization_), loading, 32, 1);
  }

  void learn(models::Model& model, data::Loader& loader) const {
    TrainOptions options;
    options.epochs = options.patience = 20;
    options.label_smoothing = 0.0;
    options.keep = "last";
    options.optimizer = section("name = \"sgd\"\nlr = 0.05\nweight_decay = 0.0");
    options.schedule = section("name = \"constant\"");
    LastPoint sink;
    const TemporaryFolder folder;
    auto validation = data::Loader::for_evaluation(images_.all(), images_.preprocessing(normalization_), 64);
    train(options, {model, loader, validation, torch::kCPU, {32}, folder.path(), {}, sink});
  }

  // Performs the passes of a recomputation as a plain loop would, with dropout left on.
  static void pass_with_dropout(models::Model& model, data::Loader& loader) {
    const torch::NoGradGuard no_grad;
    model.train();
    for (int pass = 0; pass < 8; ++pass) {
      loader.start_epoch(100 + pass);
      while (const auto batch = loader.next()) model.forward(batch->images);
    }
  }

  double accuracy(models::Model& model) const {
    model.eval();
    auto loader = data::Loader::for_evaluation(images_.all(), images_.preprocessing(normalization_), 64);
    const auto predict = [&model](const at::Tensor& images) { return model.forward(images); };
    return eval::measure_accuracy(predict, loader, torch::kCPU, "test").value();
  }

  data::Images images_ = stripes(256);
  data::Normalization normalization_{{0.35F, 0.35F, 0.35F}, {0.16F, 0.16F, 0.16F}};
};

TEST_F(BatchNormTest, GivesThePlainMeansOfTheBatches) {
  TinyNet net;
  auto loader = training_loader();
  std::vector<at::Tensor> means;
  loader.start_epoch(9);
  const torch::NoGradGuard no_grad;
  while (const auto batch = loader.next()) {
    means.push_back(torch::conv2d(batch->images, net.named_parameters()["conv.weight"], {}, 1, 1).mean({0, 2, 3}));
  }
  const auto report = recompute_batch_norm(net, loader, 9, 200, 64, torch::kCPU);
  EXPECT_EQ(report.num_batches, 8);
  EXPECT_EQ(report.num_layers, 1);
  const auto expected = torch::stack(means).mean(0);
  EXPECT_TRUE(torch::allclose(net.named_buffers()["norm.running_mean"], expected, 1e-4, 1e-5));
  EXPECT_EQ(net.named_modules("", false)["norm"]->as<torch::nn::BatchNorm2d>()->options.momentum(), 0.1);
}

// As in training: whole batches need not fit into memory.
TEST_F(BatchNormTest, TakesNoMoreImagesAtATimeThanTrainingDid) {
  TinyNet net;
  auto loader = training_loader();
  std::vector<at::Tensor> variances;
  loader.start_epoch(9);
  const torch::NoGradGuard no_grad;
  while (const auto batch = loader.next()) {
    const auto values = torch::conv2d(batch->images, net.named_parameters()["conv.weight"], {}, 1, 1);
    std::int64_t first = 0;
    for (const auto count : divide_batch(values.size(0), 5, 2)) {
      variances.push_back(values.narrow(0, first, count).transpose(0, 1).flatten(1).var(1));
      first += count;
    }
  }
  recompute_batch_norm(net, loader, 9, 200, 5, torch::kCPU);
  EXPECT_TRUE(torch::allclose(net.named_buffers()["norm.running_var"], torch::stack(variances).mean(0), 1e-4, 1e-5));
}

// A pass of 32 images gives 1.2 MB in the first layer alone, one of 8 images in both layers 0.6 MB.
TEST_F(BatchNormTest, BeginsAnewWithSmallerPassesWhereMemoryRunsOut) {
  const auto wide_net = [] {
    torch::manual_seed(3);
    auto net = std::make_unique<models::Model>();
    const auto conv = net->add_conv("conv", net->add_input(), {.in_channels = 3, .out_channels = 64, .kernel = 3});
    net->add_batch_norm("norm", conv, 1e-5, 0.1);
    net->add_linear("head", net->add_flatten(net->add_global_pool(conv)), 64, 4, models::Activation::kNone);
    return net;
  };
  const auto scarce = wide_net(), plain = wide_net();
  auto loader = training_loader();
  const auto meter = device::make_host_memory_meter();
  device::set_host_memory_budget(meter->current_bytes() + 1'100'000);
  const auto report = recompute_batch_norm(*scarce, loader, 9, 200, 32, torch::kCPU);
  device::set_host_memory_budget(0);
  EXPECT_LT(report.micro_batch, 32);
  EXPECT_EQ(report.num_batches, 8);
  EXPECT_EQ(recompute_batch_norm(*plain, loader, 9, 200, report.micro_batch, torch::kCPU).micro_batch,
            report.micro_batch);
  EXPECT_TRUE(all_values(*scarce).equal(all_values(*plain)));
  EXPECT_EQ(scarce->named_modules("", false)["norm"]->as<torch::nn::BatchNorm2d>()->options.momentum(), 0.1);
  device::set_host_memory_budget(meter->current_bytes() + 1);
  EXPECT_ERROR(recompute_batch_norm(*scarce, loader, 9, 200, 32, torch::kCPU), kConfig, "does not fit into memory");
  device::set_host_memory_budget(0);
}

// A single network may pass by luck, so the mean of several counts.
TEST_F(BatchNormTest, KeepsTheAccuracyThatStatisticsUnderDropoutLose) {
  constexpr int kNumNets = 4;
  double with_dropout_off = 0.0, with_dropout_on = 0.0;
  for (int seed = 1; seed <= kNumNets; ++seed) {
    DropoutNet net(0.7, static_cast<std::uint64_t>(seed));
    auto loader = training_loader();
    learn(net, loader);
    EXPECT_EQ(recompute_batch_norm(net, loader, 100, 200, 64, torch::kCPU).num_dropout_layers, 6);
    with_dropout_off += accuracy(net) / kNumNets;
    pass_with_dropout(net, loader);
    with_dropout_on += accuracy(net) / kNumNets;
  }
  RecordProperty("accuracy_dropout_off", std::to_string(with_dropout_off));
  RecordProperty("accuracy_dropout_on", std::to_string(with_dropout_on));
  std::printf("accuracy: %.3f with dropout off meanwhile, %.3f with it left on\n", with_dropout_off, with_dropout_on);
  EXPECT_GT(with_dropout_off, 0.9);
  EXPECT_LT(with_dropout_on, with_dropout_off - 0.2);
}

TEST_F(BatchNormTest, DropoutHasItsRatesBack) {
  DropoutNet net(0.3);
  {
    const DropoutOff off(net);
    EXPECT_EQ(off.num_layers(), 6);
    EXPECT_EQ(net.named_modules("", false)["dropout1"]->as<torch::nn::Dropout>()->options.p(), 0.0);
  }
  EXPECT_EQ(net.named_modules("", false)["dropout1"]->as<torch::nn::Dropout>()->options.p(), 0.3);
  EXPECT_EQ(set_dropout_rate(net, 0.1), 6);
  EXPECT_EQ(net.named_modules("", false)["dropout1"]->as<torch::nn::Dropout>()->options.p(), 0.1);
}

}  // namespace
}  // namespace assay::train
