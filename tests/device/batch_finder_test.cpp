#include "device/batch_finder.h"

#include "device/simulated_device.h"
#include "expect_error.h"

namespace assay::device {
namespace {

class BatchFinderTest : public testing::Test {
 protected:
  FoundBatch find() {
    search_.budget_bytes = budget_;
    search_.seconds = [this] { return device_.seconds(); };
    return find_micro_batch(search_, device_, [this](std::int64_t n) { device_.step(n); });
  }

  // Counts up to the largest size that fits the device.
  std::int64_t largest_that_fits() const {
    std::int64_t n = search_.smallest;
    while (n < search_.largest && device_.peak(n + 1) <= static_cast<double>(budget_)) ++n;
    return n;
  }

  SimulatedDevice device_;
  BatchSearch search_;
  std::int64_t budget_ = 1000;
};

TEST_F(BatchFinderTest, TakesTheLargestAskedForWhenItFits) {
  search_.largest = 80;
  const auto found = find();
  EXPECT_EQ(found.num_samples, 80);
  EXPECT_EQ(found.reason, "the largest allowed fits");
  EXPECT_LE(found.steps.size(), 4U);
}

TEST_F(BatchFinderTest, TheLineGivesExactlyWhatFits) {
  search_.largest = 1024;
  const auto found = find();
  EXPECT_EQ(found.num_samples, 90);  // 100 + 10 * 90
  EXPECT_DOUBLE_EQ(found.predicted_bytes, 1000.0);
  EXPECT_EQ(found.peak_bytes, 1000);
  EXPECT_TRUE(found.is_linear);
  EXPECT_DOUBLE_EQ(found.line.fixed_bytes, 100.0);
  EXPECT_DOUBLE_EQ(found.line.bytes_per_sample, 10.0);
  EXPECT_LE(found.steps.size(), 5U);
}

TEST_F(BatchFinderTest, FirstStepWithoutOptimizerStateMisleadsNobody) {
  device_.first_step_share = 0.3;
  search_.largest = 1024;
  EXPECT_EQ(find().num_samples, 90);
}

TEST_F(BatchFinderTest, StepsBackFromAPredictionThatFails) {
  // More than on the line, from 80 samples on: a larger workspace.
  device_.peak = [](std::int64_t n) { return 100.0 + 10.0 * static_cast<double>(n) + (n >= 80 ? 30.0 : 0.0); };
  search_.largest = 1024;
  const auto found = find();
  EXPECT_GE(static_cast<double>(found.num_samples), 0.95 * static_cast<double>(largest_that_fits()));
  EXPECT_LE(found.peak_bytes, budget_);
  EXPECT_FALSE(std::all_of(found.steps.begin(), found.steps.end(), [](const ProbeStep& step) { return step.fits; }));
}

TEST_F(BatchFinderTest, HalvesWhatIsLeftWhenMemoryJumps) {
  device_.peak = [](std::int64_t n) { return 100.0 + 10.0 * static_cast<double>(n) + (n >= 50 ? 2000.0 : 0.0); };
  search_.largest = 1024;
  const auto found = find();
  EXPECT_LE(found.num_samples, 49);
  EXPECT_GE(found.num_samples, 40);
  EXPECT_LE(found.steps.size(), static_cast<std::size_t>(kMaxProbeSteps));
}

TEST_F(BatchFinderTest, NoticesMemoryThatIsNoLine) {
  device_.peak = [](std::int64_t n) { return 300.0 + 0.05 * static_cast<double>(n * n); };
  search_.largest = 1024;
  const auto found = find();
  EXPECT_FALSE(found.is_linear);
  EXPECT_LE(found.peak_bytes, budget_);
  EXPECT_GE(static_cast<double>(found.num_samples), 0.95 * static_cast<double>(largest_that_fits()));
}

TEST_F(BatchFinderTest, FewSamplesAreFoundExactly) {
  for (std::int64_t most = 2; most <= 24; ++most) {
    device_ = {};
    device_.peak = [](std::int64_t n) { return 400.0 + 100.0 * static_cast<double>(n); };
    budget_ = device_.capacity_bytes = 400 + 100 * most + 50;
    search_.largest = 64;
    EXPECT_EQ(find().num_samples, most);
  }
}

TEST_F(BatchFinderTest, OneStepMoreThanTheBudgetIsAClearError) {
  budget_ = device_.capacity_bytes = 110;
  EXPECT_ERROR(find(), kConfig, "a training step of 2 samples does not fit the memory budget");
}

TEST_F(BatchFinderTest, StateOfTheOptimizerMayBeWhatDoesNotFit) {
  device_.first_step_share = 0.5;
  budget_ = device_.capacity_bytes = 110;
  EXPECT_ERROR(find(), kConfig, "does not fit the memory budget");
}

TEST_F(BatchFinderTest, SizesThatFitOnlyAfterRetriesAreRefused) {
  for (std::int64_t n = 86; n <= 90; ++n) device_.retrying_sizes.insert(n);
  search_.largest = 1024;
  const auto found = find();
  EXPECT_LE(found.num_samples, 85);
  EXPECT_GE(found.num_samples, 81);
  EXPECT_TRUE(std::any_of(found.steps.begin(), found.steps.end(),
                          [](const ProbeStep& step) { return step.verdict == "fits only after retries"; }));
}

TEST_F(BatchFinderTest, BudgetBelowTheDevicesMemoryIsKept) {
  device_.capacity_bytes = 1 << 20;
  search_.largest = 1024;
  EXPECT_EQ(find().num_samples, 90);
}

TEST_F(BatchFinderTest, PrefersTheSmallestThatIsNearlyAsFast) {
  device_.capacity_bytes = budget_ = 1 << 20;
  device_.duration = [](std::int64_t n) { return 1.0 + static_cast<double>(n); };  // n / (1 + n) >= 0.97 * best
  search_.largest = 1024;
  search_.prefers_fast = true;
  const auto found = find();
  EXPECT_EQ(found.num_samples, 32);
  EXPECT_EQ(found.reason, "larger ones are no more than 3 % faster");
  EXPECT_LE(found.steps.size(), static_cast<std::size_t>(kMaxProbeSteps));
}

TEST_F(BatchFinderTest, LargestIsTakenWhateverTheClockSays) {
  device_.capacity_bytes = budget_ = 1 << 20;
  device_.duration = [](std::int64_t n) { return static_cast<double>(n * n); };
  search_.largest = 256;
  EXPECT_EQ(find().num_samples, 256);
}

TEST_F(BatchFinderTest, KnownSizeIsProvenByOneStepOfIt) {
  search_.largest = 1024;
  search_.known = 90;
  EXPECT_EQ(find().num_samples, 90);
  EXPECT_EQ(device_.sizes(), (std::vector<std::int64_t>{2, 90}));
}

TEST_F(BatchFinderTest, KnownSizeThatNoLongerFitsIsLookedForAnew) {
  search_.largest = 1024;
  search_.known = 200;
  const auto found = find();
  EXPECT_EQ(found.num_samples, 90);
  EXPECT_LE(found.steps.size(), static_cast<std::size_t>(kMaxProbeSteps));
}

TEST_F(BatchFinderTest, RanksTakeTheSmallestOfTheirSizes) {
  search_.largest = 1024;
  search_.agree = [](std::int64_t own) { return std::min<std::int64_t>(own, 60); };
  const auto found = find();
  EXPECT_EQ(found.num_samples, 60);
  EXPECT_DOUBLE_EQ(found.predicted_bytes, 700.0);
}

TEST_F(BatchFinderTest, RanksLearnThatOneHasNoRoom) {
  std::int64_t told = -1;
  search_.agree = [&told](std::int64_t own) { return told = own; };
  device_.failing_steps = {0};
  EXPECT_ERROR(find(), kConfig, "does not fit");
  EXPECT_EQ(told, 0);
  device_ = {};
  search_.agree = [](std::int64_t) { return std::int64_t{0}; };
  EXPECT_ERROR(find(), kConfig, "another rank");
}

TEST_F(BatchFinderTest, OtherErrorsPass) {
  search_.budget_bytes = budget_;
  EXPECT_THROW(find_micro_batch(search_, device_, [](std::int64_t) { throw std::runtime_error("other"); }),
               std::runtime_error);
}

TEST(BatchFinderErrorTest, SaysWhatWouldFit) {
  SimulatedDevice device;
  device.capacity_bytes = 50;
  BatchSearch search;
  search.budget_bytes = 50;
  search.what_would_fit = [] { return std::string("images of 9 x 9 pixels would fit; "); };
  try {
    find_micro_batch(search, device, [&](std::int64_t count) { device.step(count); });
    ADD_FAILURE() << "it fitted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("hint: images of 9 x 9 pixels would fit; free memory"));
  }
}

}  // namespace
}  // namespace assay::device
