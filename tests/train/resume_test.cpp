#include <gtest/gtest.h>

#include <chrono>

#include "core/file.h"
#include "expect_error.h"
#include "temporary_folder.h"
#include "train/interruption.h"
#include "train/training_fixture.h"

namespace assay::train {
namespace {

class ResumeTest : public testing::Test {
 protected:
  ResumeTest() { training_.options.checkpoint.every_steps = 5; }

  at::Tensor uninterrupted() {
    const TemporaryFolder folder;
    TinyNet net;
    training_.run(net, folder.path(), sink_);
    return all_values(net);
  }

  void run_into(Bomb bomb) {
    TinyNet net;
    EXPECT_THROW(training_.run(net, folder_.path(), bomb), Interrupted);
  }

  TrainResult resume(TinyNet& net) { return training_.run(net, folder_.path(), sink_); }

  std::vector<std::filesystem::path> snapshots() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "checkpoints")) {
      if (entry.path().extension() == ".ckpt") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  TemporaryFolder folder_;
  SmallTraining training_;
  LastPoint sink_;
};

TEST_F(ResumeTest, EndsWithTheSameBitsFromTheMiddleOfAnEpoch) {
  const auto expected = uninterrupted();
  run_into(Bomb(2));  // in the report of the second epoch: its end is not saved yet
  TinyNet net;
  const auto result = resume(net);
  EXPECT_EQ(result.resumed_at_step, 10);  // of 6 steps an epoch
  EXPECT_TRUE(all_values(net).equal(expected));
  EXPECT_EQ(result.history.size(), 4U);
}

TEST_F(ResumeTest, GradientCheckpointingKeepsTheBitsInEveryPrecision) {
  for (const auto precision : {Precision::kFp32, Precision::kBf16}) {
    training_.precision = precision;
    training_.checkpoints_gradients = false;
    const auto expected = uninterrupted();
    training_.checkpoints_gradients = true;
    EXPECT_TRUE(uninterrupted().equal(expected)) << to_string(precision);
    run_into(Bomb(2));
    TinyNet net;
    resume(net);
    EXPECT_TRUE(all_values(net).equal(expected)) << to_string(precision) << ", resumed";
    std::filesystem::remove_all(folder_.path() / "checkpoints");
  }
}

TEST_F(ResumeTest, GoesOnAfterALossThatWasNotFinite) {
  training_.options.not_finite = "skip";
  training_.options.max_skipped = 1.0;
  training_.loss = [plain = training_.loss, num_calls = 0](const LossInput& input) mutable {
    return plain(input) * (++num_calls % 18 == 4 ? std::numeric_limits<double>::quiet_NaN() : 1.0);
  };
  run_into(Bomb(2));
  TinyNet net;
  EXPECT_EQ(resume(net).history.size(), 4U);
}

TEST_F(ResumeTest, TheNumberOfWorkersChangesNothing) {
  const auto expected = uninterrupted();
  for (const std::int64_t num_workers : {0, 2, 4}) {
    training_.num_workers = num_workers;
    EXPECT_TRUE(uninterrupted().equal(expected)) << num_workers << " workers";
  }
}

TEST_F(ResumeTest, EveryOptimizerAndScheduleGoesOnWhereItStood) {
  const auto check = [this](const std::string& what) {
    const auto expected = uninterrupted();
    run_into(Bomb(2));
    TinyNet net;
    resume(net);
    EXPECT_TRUE(all_values(net).equal(expected)) << what;
    std::filesystem::remove_all(folder_.path() / "checkpoints");
  };
  for (const auto& optimizer : describe_optimizers()) {
    training_.options.optimizer = section("name = \"" + optimizer.name + "\"\nlr = 0.01");
    check(optimizer.name);
  }
  for (const auto& schedule : describe_schedules()) {
    const auto every_epoch = schedule.name == "plateau" ? "\npatience = 0\nwarmup_fraction = 0.0" : "";
    training_.options.schedule = section("name = \"" + schedule.name + "\"" + every_epoch);
    check(schedule.name);
  }
}

TEST_F(ResumeTest, GoesOnWhileTheBackboneIsFrozenAndAfterwards) {
  training_.options.backbone_lr_factor = 0.5;
  for (const auto& optimizer : describe_optimizers()) {
    training_.options.optimizer = section("name = \"" + optimizer.name + "\"\nlr = 0.01");
    for (const std::int64_t num_frozen : {1, 2, 3}) {
      training_.options.freeze_epochs = num_frozen;
      const auto expected = uninterrupted();
      run_into(Bomb(2));
      TinyNet net;
      EXPECT_EQ(resume(net).resumed_at_step, 10);  // in the second epoch
      EXPECT_TRUE(all_values(net).equal(expected)) << optimizer.name << ", " << num_frozen << " epochs frozen";
      std::filesystem::remove_all(folder_.path() / "checkpoints");
    }
  }
}

TEST_F(ResumeTest, ADamagedCheckpointIsPassedOverForTheOneBefore) {
  const auto expected = uninterrupted();
  run_into(Bomb(2));
  ASSERT_EQ(snapshots().size(), 2U);
  auto bytes = read_file(snapshots().back());
  bytes[bytes.size() / 2] ^= 1;
  write_file_atomically(snapshots().back(), bytes);
  TinyNet net;
  testing::internal::CaptureStderr();
  const auto result = resume(net);
  const auto told = testing::internal::GetCapturedStderr();
  EXPECT_THAT(told, testing::HasSubstr("is damaged"));
  EXPECT_EQ(result.resumed_at_step, 6);
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "checkpoints" / "step-000000010.ckpt.damaged"));
  EXPECT_TRUE(all_values(net).equal(expected));
}

TEST_F(ResumeTest, TheNewestCheckpointIsThatOfTheLastStepWhateverItsFileTime) {
  run_into(Bomb(2));
  ASSERT_EQ(snapshots().size(), 2U);
  const auto year = std::chrono::hours(24 * 365);
  std::filesystem::last_write_time(snapshots().front(), std::filesystem::file_time_type::clock::now() + year);
  std::filesystem::last_write_time(snapshots().back(), std::filesystem::file_time_type::clock::now() - year);
  TinyNet net;
  EXPECT_EQ(resume(net).resumed_at_step, 10);
}

TEST_F(ResumeTest, AfterAWorkerFailedTrainingGoesOnFromBeforeThat) {
  training_.images = two_classes(160);  // the missing one is not in its first batch
  training_.options.checkpoint.every_steps = 1;
  const auto expected = uninterrupted();
  for (const std::int64_t num_workers : {0, 1, 4}) {
    training_.num_workers = num_workers;
    training_.one_is_missing = true;
    TinyNet net;
    try {
      training_.run(net, folder_.path(), sink_);
      ADD_FAILURE() << "no error with " << num_workers << " workers";
    } catch (const std::logic_error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("place < pixels_.size(0)"));
    }
    training_.one_is_missing = false;
    net = TinyNet();
    EXPECT_GT(resume(net).resumed_at_step, 0);
    EXPECT_TRUE(all_values(net).equal(expected)) << num_workers << " workers";
    std::filesystem::remove_all(folder_.path() / "checkpoints");
  }
}

TEST_F(ResumeTest, RefusesACheckpointOfOtherSettingsNamingThem) {
  run_into(Bomb(2));
  training_.settings = {{"train.optimizer.lr", "0.2"}, {"train.ema.decay", "0.9"}};
  TinyNet net;
  EXPECT_ERROR(resume(net), kConfig, "train.optimizer.lr: 0.1 in the checkpoint, 0.2 now");
  EXPECT_ERROR(resume(net), kConfig, "train.ema.decay: nothing in the checkpoint, 0.9 now");
  training_.options.checkpoint.resume = "never";
  EXPECT_EQ(resume(net).resumed_at_step, 0);
}

TEST_F(ResumeTest, BeginningAnewForgetsTheCheckpointsOfBefore) {
  TinyNet net;
  resume(net);  // intact: its last checkpoint is of step 24
  training_.options.checkpoint.resume = "never";
  run_into(Bomb(2));
  ASSERT_EQ(snapshots().size(), 2U);
  EXPECT_EQ(snapshots().front().filename(), "step-000000006.ckpt");
  EXPECT_EQ(snapshots().back().filename(), "step-000000010.ckpt");
}

TEST_F(ResumeTest, RefusesACheckpointOfAnotherNetwork) {
  run_into(Bomb(2));
  training_.options.ema.decay = 0.0;
  training_.options.optimizer = section("name = \"sgd\"");
  class OtherNet final : public models::Model {
   public:
    OtherNet() { add_linear("head", add_flatten(add_global_pool(add_input())), 3, 2, models::Activation::kNone); }
  } other;
  EXPECT_ERROR(training_.run(other, folder_.path(), sink_), kData, "the checkpoint does not fit");
}

TEST_F(ResumeTest, AResumedRunReportsTheEpochsBefore) {
  run_into(Bomb(2));
  std::vector<std::int64_t> steps;
  class Steps final : public MetricSink {
   public:
    explicit Steps(std::vector<std::int64_t>& steps) : steps_(steps) {}
    void log_metric(std::string_view key, double, std::int64_t step) override {
      if (key == "val/accuracy") steps_.push_back(step);
    }

   private:
    std::vector<std::int64_t>& steps_;
  } sink(steps);
  TinyNet net;
  training_.run(net, folder_.path(), sink);
  EXPECT_EQ(steps, (std::vector<std::int64_t>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace assay::train
