#include "train/loop.h"

#include <torch/torch.h>

#include <csignal>
#include <map>

#include "config/toml.h"
#include "core/stop.h"
#include "data/split.h"
#include "expect_error.h"
#include "temporary_folder.h"
#include "train/checkpoint.h"

namespace assay::train {
namespace {

class TinyNet final : public models::Model {
 public:
  TinyNet() {
    torch::manual_seed(3);
    auto node = add_conv(
        "conv", add_input(),
        {.in_channels = 3, .out_channels = 8, .kernel = 3, .bias = true, .activation = models::Activation::kRelu});
    node = add_flatten(add_global_pool(node));
    add_linear("head", node, 8, 2, models::Activation::kNone);
  }
};

// Dark images are class 0, bright ones class 1.
data::Images two_classes(std::int64_t count) {
  torch::manual_seed(5);
  const auto labels = torch::arange(count).remainder(2);
  const auto noise = torch::randint(0, 100, {count, 3, 8, 8});
  return {(noise + labels.view({-1, 1, 1, 1}) * 120).to(torch::kUInt8), labels};
}

class LastPoint final : public MetricSink {
 public:
  void log_metric(std::string_view key, double value, std::int64_t step) override {
    points[std::string(key)] = {value, step};
  }
  std::map<std::string, std::pair<double, std::int64_t>> points;
};

class LoopTest : public testing::Test {
 protected:
  TrainResult run(double lr, std::int64_t patience = 12) {
    TrainOptions options;
    options.epochs = 12;
    options.patience = patience;
    options.label_smoothing = 0.0;
    options.optimizer = section("name = \"sgd\"\nlr = " + std::to_string(lr));
    options.schedule = section("name = \"constant\"");
    data::LoadingOptions loading;
    loading.augment.crop_padding = 0;
    const auto normalization = data::Normalization{{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}};
    auto train_loader = data::Loader::for_training(images_, partition_.train, normalization, loading, 16, 1);
    auto validation_loader = data::Loader::for_evaluation(images_, partition_.validation, normalization, 16);
    return train(options, {net_, train_loader, validation_loader, torch::kCPU, 16, best(), sink_, {}});
  }

  static config::Section section(const std::string& text) {
    return {config::parse_toml(text, "t.toml"), "x", {"t.toml", 1, 1}};
  }
  std::filesystem::path best() const { return folder_.path() / "best.pt"; }

  TemporaryFolder folder_;
  data::Images images_ = two_classes(128);
  data::Partition partition_ = data::split_validation(images_.labels, 0.25, 1);
  TinyNet net_;
  LastPoint sink_;
};

TEST_F(LoopTest, LearnsAndReportsEachEpoch) {
  const auto result = run(0.1);
  EXPECT_EQ(result.history.size(), 12U);
  EXPECT_GT(result.history.back().validation_accuracy, 0.95);
  EXPECT_LT(result.history.back().train_loss, result.history.front().train_loss);
  EXPECT_EQ(sink_.points["val/accuracy"], std::make_pair(result.history.back().validation_accuracy, std::int64_t{12}));
  EXPECT_EQ(sink_.points.count("train/loss"), 1U);
}

TEST_F(LoopTest, SameSeedGivesTheSameBits) {
  const auto first = run(0.1);
  net_ = TinyNet();
  const auto second = run(0.1);
  for (std::size_t i = 0; i < first.history.size(); ++i)
    EXPECT_EQ(first.history[i].train_loss, second.history[i].train_loss);
}

TEST_F(LoopTest, EndsWithTheWeightsOfTheBestEpoch) {
  const auto result = run(0.1);
  TinyNet best_net;
  load_weights(best_net, best());
  EXPECT_TRUE(best_net.parameters()[0].equal(net_.parameters()[0]));
  double best_accuracy = 0.0;
  for (const auto& epoch : result.history) best_accuracy = std::max(best_accuracy, epoch.validation_accuracy);
  EXPECT_EQ(result.history[static_cast<std::size_t>(result.best_epoch - 1)].validation_accuracy, best_accuracy);
}

TEST_F(LoopTest, StopsEarlyWhenNothingImproves) {
  const auto result = run(0.0, 3);
  EXPECT_TRUE(result.stopped_early);
  EXPECT_EQ(result.best_epoch, 1);
  EXPECT_EQ(result.history.size(), 4U);
}

TEST_F(LoopTest, ALossThatIsNoNumberIsAnError) { EXPECT_ERROR(run(100.0), kConfig, "lower train.optimizer.lr"); }

TEST_F(LoopTest, ASignalStopsTraining) {
  install_stop_handlers();
  std::raise(SIGTERM);
  EXPECT_THROW(run(0.1), Stopped);
  reset_stop_signal();
}

TEST_F(LoopTest, MicroBatchesAddUpToTheWholeBatch) {
  const data::Batch batch{images_.pixels.narrow(0, 0, 10).to(torch::kFloat32) / 255.0, images_.labels.narrow(0, 0, 10)};
  const auto gradient = [&](std::int64_t micro_batch) {
    for (auto& parameter : net_.parameters()) parameter.mutable_grad().reset();
    const auto loss = accumulate_gradients(net_, batch, torch::kCPU, micro_batch, 0.1).first;
    return std::make_pair(loss, net_.parameters()[0].grad().clone());
  };
  const auto [whole_loss, whole_gradient] = gradient(10);
  const auto [split_loss, split_gradient] = gradient(4);  // 4, 4 and 2 images
  EXPECT_NEAR(whole_loss, split_loss, 1e-6);
  EXPECT_LT((whole_gradient - split_gradient).abs().max().item<double>(), 1e-6);
}

TEST_F(LoopTest, RefusesADamagedCheckpoint) {
  save_weights(net_, best());
  const auto bytes = std::filesystem::file_size(best());
  std::filesystem::resize_file(best(), bytes / 2);
  EXPECT_ERROR(load_weights(net_, best()), kData, "is not a checkpoint of this model");
  EXPECT_ERROR(load_weights(net_, folder_.path() / "absent.pt"), kData, "absent.pt");
}

}  // namespace
}  // namespace assay::train
