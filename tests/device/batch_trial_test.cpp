#include "device/batch_trial.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

namespace assay::device {
namespace {

// docs/device.md reports two hundred larger ones.
class BatchTrialTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(BatchTrialTest, SizeFoundFitsAndIsNearlyTheLargest) {
  const auto trial = draw_batch_trial(GetParam(), /*small=*/true);
  const auto result = run_batch_trial(trial);
  SCOPED_TRACE(trial.describe());
  std::string steps;
  for (const auto& step : result.found.steps) {
    steps += fmt::format("{} samples: {} bytes, {}\n", step.num_samples, step.peak_bytes, step.verdict);
  }
  SCOPED_TRACE(fmt::format("budget {}\n{}", result.budget_bytes, steps));
  EXPECT_FALSE(result.out_of_memory);
  EXPECT_LE(result.actual_peak_bytes, result.budget_bytes);
  EXPECT_LE(std::abs(result.prediction_error()), 0.05);
  EXPECT_GE(result.share_of_largest(), 0.95) << result.found.num_samples << " of " << result.largest;
  EXPECT_LE(result.found.steps.size(), static_cast<std::size_t>(kMaxProbeSteps));
}

INSTANTIATE_TEST_SUITE_P(Random, BatchTrialTest, testing::Range<std::uint64_t>(0, 20));

}  // namespace
}  // namespace assay::device
