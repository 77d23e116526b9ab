// Fills the disk during a training and frees it again.

#include <fmt/format.h>
#include <sys/mount.h>

#include <fstream>
#include <functional>
#include <optional>

#include "expect_error.h"
#include "small_files.h"
#include "temporary_folder.h"
#include "train/checkpoint.h"
#include "train/snapshot.h"
#include "train/training_fixture.h"

namespace assay::train {
namespace {

namespace fs = std::filesystem;

// A disk of 2 MB, if this user may mount one.
class SmallDisk {
 public:
  SmallDisk() : is_mounted_(::mount("none", folder_.path().c_str(), "tmpfs", 0, "size=2m") == 0) {}
  ~SmallDisk() {
    if (is_mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool is_mounted() const { return is_mounted_; }
  fs::path path() const { return folder_.path(); }

  void fill() const {
    std::ofstream file(ballast(), std::ios::binary);
    while (file << std::string(1000, 'x') && file.flush()) {
    }
  }
  void free() const { fs::remove(ballast()); }

 private:
  fs::path ballast() const { return folder_.path() / "ballast"; }

  TemporaryFolder folder_;
  bool is_mounted_;
};

class FullDiskTest : public testing::Test {
 protected:
  FullDiskTest() { training_.options.checkpoint.every_steps = 2; }

  // Trains with the disk full from the 5th step to the 11th: across the end of the first epoch, the best so far.
  TrainResult run(const fs::path& folder, const std::function<void()>& fill, const std::function<void()>& free) {
    training_.loss = [=, this, pass = 0](const LossInput& input) mutable {
      constexpr int kPasses = 3;  // of a step
      if (pass == 4 * kPasses) {
        before_ = names(folder);
        fill();
      }
      if (pass == 11 * kPasses) {
        while_full_ = names(folder);
        newest_while_full_ = SnapshotFolder(folder / "checkpoints").newest()->counters.at("step").get<std::int64_t>();
        free();
      }
      ++pass;
      return cross_entropy(0.1)(input);
    };
    return training_.run(net_, folder, sink_);
  }

  static std::vector<std::string> names(const fs::path& folder) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder / "checkpoints")) {
      found.push_back(fmt::format("{} of {} bytes", entry.path().filename().string(), entry.file_size()));
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  at::Tensor with_a_large_disk() const {
    const TemporaryFolder folder;
    SmallTraining training = training_;
    training.loss = cross_entropy(0.1);
    TinyNet net;
    LastPoint sink;
    training.run(net, folder.path(), sink);
    EXPECT_EQ(sink.points.count("train/failed_checkpoints"), 0U);
    return all_values(net);
  }

  void expect_that_nothing_was_lost(const fs::path& folder) {
    EXPECT_EQ(while_full_, before_);
    EXPECT_EQ(newest_while_full_, 4);
    EXPECT_EQ(sink_.points["train/failed_checkpoints"].first, 5.0);  // after steps 6, 8, 10; epoch, best
    EXPECT_EQ(SnapshotFolder(folder / "checkpoints").newest()->counters.at("step"), 24);
    TinyNet final_net;
    load_weights(final_net, folder / "checkpoints/final.pt");
    EXPECT_TRUE(all_values(final_net).equal(with_a_large_disk()));
  }

  SmallTraining training_;
  TinyNet net_;
  LastPoint sink_;
  std::vector<std::string> before_, while_full_;
  std::int64_t newest_while_full_ = 0;
};

TEST_F(FullDiskTest, TrainingGoesOnAndKeepsWhatItHad) {
  const SmallDisk disk;
  if (!disk.is_mounted()) GTEST_SKIP() << "only root may mount a small disk";
  run(
      disk.path(), [&] { disk.fill(); }, [&] { disk.free(); });
  expect_that_nothing_was_lost(disk.path());
}

TEST_F(FullDiskTest, AFileThatBreaksOffIsNotKept) {
  const TemporaryFolder folder;
  std::optional<SmallFiles> small;
  run(
      folder.path(), [&] { small.emplace(); }, [&] { small.reset(); });
  expect_that_nothing_was_lost(folder.path());
}

}  // namespace
}  // namespace assay::train
