#include "train/loop.h"

#include <algorithm>
#include <csignal>
#include <limits>
#include <utility>

#include "core/stop.h"
#include "expect_error.h"
#include "temporary_folder.h"
#include "train/checkpoint.h"
#include "train/epoch_report.h"
#include "train/training_fixture.h"

namespace assay::train {
namespace {

class LoopTest : public testing::Test {
 protected:
  LoopTest() {
    training_.options.epochs = 12;
    training_.options.ema.decay = 0.0;
    training_.loss = cross_entropy(0.0);
    training_.options.schedule = section("name = \"constant\"");
  }

  TrainResult run(double lr, std::int64_t patience = 12) {
    training_.options.patience = patience;
    training_.options.optimizer = section("name = \"sgd\"\nlr = " + std::to_string(lr));
    return training_.run(net_, folder_.path(), sink_);
  }

  // Makes the loss of the first step NaN.
  void poison_the_first_step() {
    training_.loss = [poisoned = false](const LossInput& input) mutable {
      const auto loss = cross_entropy(0.0)(input);
      return std::exchange(poisoned, true) ? loss : loss * std::numeric_limits<double>::quiet_NaN();
    };
  }

  std::filesystem::path checkpoint(const std::string& name) const { return folder_.path() / "checkpoints" / name; }

  TemporaryFolder folder_;
  SmallTraining training_;
  TinyNet net_;
  LastPoint sink_;
};

TEST_F(LoopTest, LearnsAndReportsEachEpoch) {
  const auto result = run(0.05);
  EXPECT_EQ(result.history.size(), 12U);
  EXPECT_GT(result.history.back().validation_accuracy, 0.95);
  EXPECT_LT(result.history.back().train_loss, result.history.front().train_loss);
  EXPECT_EQ(sink_.points["val/accuracy"], std::make_pair(result.history.back().validation_accuracy, std::int64_t{12}));
  EXPECT_NEAR(sink_.points["val/macro_f1"].first, sink_.points["val/accuracy"].first, 0.05);
  EXPECT_NEAR(sink_.points["val/balanced_accuracy"].first, sink_.points["val/accuracy"].first, 1e-12);  // equal classes
  EXPECT_EQ(sink_.points.count("train/loss"), 1U);
  EXPECT_GT(sink_.points["train/seconds/backward"].first, 0.0);
  EXPECT_EQ(sink_.points["train/micro_batch"].first, 6.0);
  EXPECT_EQ(sink_.points["train/peak_memory_mb"].first, result.history.back().peak_memory_mb);
  EXPECT_GT(result.history.back().peak_memory_mb, 0.0);
}

TEST_F(LoopTest, ShowsLossAccuracySpeedAndMemoryWhileAnEpochIsUnderWay) {
  Counters counters;
  counters.loss_sum = 24.0;
  counters.num_correct = 10.0;
  counters.num_images = 20;
  counters.current.times = {0.01, 0.02, 0.03, 0.03, 0.01};
  counters.current.peak_memory_mb = 1234.0;
  EXPECT_EQ(describe_progress(counters.measured()), "loss 1.200, accuracy 50.0 %, 200 images/s, 1.2 GB");
}

TEST_F(LoopTest, EndsWithTheWeightsOfTheBestEpoch) {
  const auto result = run(0.05);
  TinyNet best_net;
  load_weights(best_net, checkpoint("best.pt"));
  EXPECT_TRUE(all_values(best_net).equal(all_values(net_)));
  double best_accuracy = 0.0;
  for (const auto& epoch : result.history) best_accuracy = std::max(best_accuracy, epoch.validation_accuracy);
  EXPECT_EQ(result.history[static_cast<std::size_t>(result.best_epoch - 1)].validation_accuracy, best_accuracy);
  EXPECT_EQ(sink_.points["final/val/accuracy"].first, best_accuracy);
}

TEST_F(LoopTest, StopsEarlyWhenNothingImproves) {
  const auto result = run(0.0, 3);
  EXPECT_TRUE(result.stopped_early);
  EXPECT_EQ(result.best_epoch, 1);
  EXPECT_EQ(result.history.size(), 4U);
}

TEST_F(LoopTest, EndsWhenItsTimeIsOver) {
  training_.options.max_time_s = 1e-9;
  const auto result = run(0.05);
  EXPECT_EQ(result.history.size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(checkpoint("final.pt")));
}

TEST_F(LoopTest, ALossThatIsNoNumberIsAnErrorAndItsBatchIsKept) {
  poison_the_first_step();
  EXPECT_ERROR(run(0.05), kConfig, "lower train.optimizer.lr");
  const auto files = std::filesystem::directory_iterator(checkpoint(""));
  EXPECT_TRUE(std::any_of(begin(files), end(files), [](const auto& entry) {
    return entry.path().filename().string().starts_with("not_finite_step_");
  }));
}

TEST_F(LoopTest, StepsWithoutANumberCanBeLeftOut) {
  training_.options.not_finite = "skip";
  training_.options.epochs = 2;
  poison_the_first_step();
  const auto result = run(0.05);
  EXPECT_EQ(result.history.size(), 2U);
  EXPECT_EQ(result.history.front().num_skipped, 1);
  EXPECT_EQ(result.history.back().num_skipped, 0);
  EXPECT_TRUE(all_values(net_).isfinite().all().item<bool>());
}

TEST_F(LoopTest, TooManyStepsLeftOutFailTheRunAndFewBatchesAreKept) {
  training_.options.not_finite = "skip";
  training_.options.max_skipped = 0.5;
  training_.loss = [](const LossInput& input) { return input.logits.sum() * std::numeric_limits<double>::quiet_NaN(); };
  EXPECT_ERROR(run(0.05), kConfig, "6 of the 6 steps of epoch 1 were skipped");
  const auto files = std::filesystem::directory_iterator(checkpoint(""));
  EXPECT_EQ(
      std::count_if(begin(files), end(files),
                    [](const auto& entry) { return entry.path().filename().string().starts_with("not_finite_step_"); }),
      3);
}

// A step so large that the weights become infinite although loss and gradients are finite.
TEST_F(LoopTest, ANetworkThatGivesNaNIsNeverTheBest) {
  training_.options.clip_norm = 0.0;
  training_.options.not_finite = "skip";
  training_.options.max_skipped = 1.0;
  training_.options.epochs = 2;
  training_.loss = [plain = cross_entropy(0.0)](const LossInput& input) { return plain(input) * 1e18; };
  EXPECT_ERROR(run(100.0), kConfig,
               "the network diverged: the validation loss was NaN or infinity after each of 2 epochs");
}

TEST_F(LoopTest, ADivergedEpochIsNotKeptAsTheBest) {
  const auto plain = cross_entropy(0.0);
  training_.options.epochs = 3;
  training_.options.keep = "last";
  training_.options.not_finite = "skip";
  training_.options.max_skipped = 1.0;
  auto& net = net_;
  training_.loss = [plain, num_calls = 0, &net](const LossInput& input) mutable {
    const torch::NoGradGuard no_grad;
    if (++num_calls == 2 * 18) net.named_parameters()["head.bias"].fill_(std::numeric_limits<float>::infinity());
    const torch::AutoGradMode with_gradients(true);
    return plain(input);
  };
  EXPECT_ERROR(run(0.05), kConfig, "its final validation loss is");
}

TEST_F(LoopTest, ALargerBatchRaisesTheLearningRateStepByStep) {
  training_.rate_scale = 4.0;
  training_.rate_warmup_epochs = 2.0;
  training_.options.epochs = 3;
  const auto history = run(0.01).history;
  EXPECT_NEAR(history[0].learning_rate, 0.01 * (1.0 + 3.0 * 5 / 12), 1e-9);  // sixth of 12 steps
  EXPECT_NEAR(history[2].learning_rate, 0.04, 1e-9);
}

TEST_F(LoopTest, TheAveragedWeightsAreValidatedAndKept) {
  training_.options.ema.decay = 0.9;
  training_.options.keep = "last";
  const auto result = run(0.05);
  ASSERT_EQ(result.ending.size(), 3U);
  EXPECT_EQ(result.ending[0], "weights of epoch 12, the last");
  EXPECT_EQ(result.ending[1], "averaged weights applied");
  EXPECT_EQ(result.ending[2], "BatchNorm statistics of 1 layers recomputed: 1 dropout layers disabled, 6 batches");
}

TEST_F(LoopTest, ASignalStopsTrainingAndTheNextCallGoesOn) {
  TinyNet uninterrupted;
  const TemporaryFolder other;
  run(0.05);
  training_.run(uninterrupted, other.path(), sink_);
  std::filesystem::remove_all(checkpoint(""));
  net_ = TinyNet();
  install_stop_handlers();
  std::raise(SIGTERM);
  EXPECT_THROW(run(0.05), Stopped);
  reset_stop_signal();
  net_ = TinyNet();
  EXPECT_EQ(run(0.05).resumed_at_step, 1);
  EXPECT_TRUE(all_values(net_).equal(all_values(uninterrupted)));
}

}  // namespace
}  // namespace assay::train
