#include "train/checkpoint.h"

#include <torch/script.h>

#include "core/checked_file.h"
#include "core/file.h"
#include "expect_error.h"
#include "temporary_folder.h"
#include "train/counters.h"
#include "train/snapshot.h"
#include "train/training_fixture.h"

namespace assay::train {
namespace {

class CheckpointTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return folder_.path() / "a.pt"; }
  TemporaryFolder folder_;
  TinyNet net_;
};

TEST_F(CheckpointTest, RefusesDamagedWeights) {
  save_weights(net_, file());
  std::filesystem::resize_file(file(), std::filesystem::file_size(file()) / 2);
  EXPECT_ERROR(load_weights(net_, file()), kData, "is not a checkpoint of this model");
  EXPECT_ERROR(load_weights(net_, folder_.path() / "absent.pt"), kData, "absent.pt");
}

TEST_F(CheckpointTest, KeepsABatchToLookAt) {
  const data::Batch batch{torch::rand({2, 3, 4, 4}), torch::tensor({1, 0})};
  save_batch(batch, file());
  const auto module = torch::jit::load(file().string());
  EXPECT_TRUE(module.attr("images").toTensor().equal(batch.images));
  EXPECT_TRUE(module.attr("labels").toTensor().equal(batch.labels));
}

TEST_F(CheckpointTest, ASnapshotComesBackBitByBit) {
  const Snapshot saved{{{"a.b", "1"}}, {{"loss", 0.1 + 0.2}}, {{"x.y", torch::rand({3})}, {"n", torch::tensor(7)}}};
  save_snapshot(saved, file());
  const auto loaded = load_snapshot(file());
  EXPECT_EQ(loaded.settings, saved.settings);
  EXPECT_EQ(loaded.counters.at("loss").get<double>(), 0.1 + 0.2);
  ASSERT_EQ(loaded.tensors.size(), 2U);
  EXPECT_TRUE(loaded.tensors[0].second.equal(saved.tensors[0].second));
  EXPECT_EQ(loaded.tensors[1].first, "n");
}

TEST_F(CheckpointTest, TwoSnapshotsAreKept) {
  const SnapshotFolder snapshots(folder_.path());
  for (const int step : {2, 10, 100}) snapshots.save({{}, {{"step", step}}, {}}, step);
  EXPECT_EQ(snapshots.newest()->counters.at("step"), 100);
  std::filesystem::remove(folder_.path() / "step-000000100.ckpt");
  EXPECT_EQ(snapshots.newest()->counters.at("step"), 10);
  std::filesystem::remove(folder_.path() / "step-000000010.ckpt");
  EXPECT_FALSE(snapshots.newest());
}

TEST_F(CheckpointTest, ADamagedByteAndAMissingEndAreSeenWhereverTheyAre) {
  save_snapshot({{{"a", "1"}}, {{"step", 1}}, {{"x", torch::rand({3})}}}, file());
  const auto whole = read_file(file());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto damaged = whole;
    damaged[i] ^= 1;
    folder_.write("a.pt", damaged);
    EXPECT_ERROR(load_snapshot(file()), kData, "a.pt");
    folder_.write("a.pt", whole.substr(0, i));
    EXPECT_ERROR(load_snapshot(file()), kData, "a.pt");
  }
}

TEST_F(CheckpointTest, WhatIsNoCheckpointIsPassedOver) {
  const SnapshotFolder snapshots(folder_.path());
  const auto newest = folder_.path() / "step-000000002.ckpt";
  snapshots.save({{}, {{"step", 1}}, {}}, 1);
  const auto check = [&](const std::string& what) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(snapshots.newest()->counters.at("step"), 1) << what;
    EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("not resumed from: ")) << what;
    EXPECT_FALSE(std::filesystem::exists(newest)) << what;
  };
  folder_.write(newest.filename(), "a text");
  check("a text");
  write_checked_file(newest, "batch search", "{}");
  check("a file of another kind");
  write_checked_file(newest, "checkpoint", "no archive");
  check("a checkpoint without an archive");
  save_weights(net_, newest);
  check("weights");
}

TEST_F(CheckpointTest, CountersOfAnotherVersionAreRefused) {
  auto counters = to_json(Counters());
  EXPECT_EQ(read_counters(counters).step, 0);
  counters.erase("step");
  EXPECT_ERROR(read_counters(counters), kData, "of another version of Assay");
}

TEST_F(CheckpointTest, NothingIsCopiedWhenOneTensorDoesNotFit) {
  const auto first = torch::zeros({2}), second = torch::zeros({3});
  EXPECT_ERROR(restore_tensors({{"a", torch::ones({2})}, {"b", torch::ones({2})}}, {{"a", first}, {"b", second}}),
               kData, "b has another shape");
  EXPECT_ERROR(restore_tensors({{"a", torch::ones({2})}}, {{"a", first}, {"b", second}}), kData, "b is missing");
  EXPECT_TRUE(first.equal(torch::zeros({2})));
}

TEST(CountersTest, KeepsNaNAndInfinity) {
  Counters counters;
  counters.loss_sum = std::numeric_limits<double>::quiet_NaN();
  counters.schedule = {std::numeric_limits<double>::infinity(), 2.0};
  Epoch epoch;
  epoch.validation_loss = -std::numeric_limits<double>::infinity();
  counters.history = {epoch};
  const auto back = read_counters(Json::parse(to_json(counters).dump()));
  EXPECT_TRUE(std::isnan(back.loss_sum));
  EXPECT_EQ(back.schedule, counters.schedule);
  EXPECT_EQ(back.history.front().validation_loss, epoch.validation_loss);
}

}  // namespace
}  // namespace assay::train
