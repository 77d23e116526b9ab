#include "device/batch_size.h"

#include <gtest/gtest.h>

namespace assay::device {
namespace {

FoundBatch found(std::int64_t num_samples) {
  FoundBatch found;
  found.num_samples = num_samples;
  found.line = {1000.0, 10.0};
  found.peak_bytes = 1000 + 10 * num_samples;
  return found;
}

Tier tier(double batch_share) {
  Tier tier;
  tier.batch_share = batch_share;
  return tier;
}

BatchOptions automatic() {
  BatchOptions options;
  options.global.reset();
  return options;
}

TEST(BatchSizeTest, WholeBatchWhenItFits) {
  const auto plan = plan_batch({}, found(128));
  EXPECT_EQ(plan.micro, 128);
  EXPECT_EQ(plan.num_micro, 1);
  EXPECT_DOUBLE_EQ(plan.lr_factor, 1.0);
}

TEST(BatchSizeTest, MicroBatchesOfAStepAreEqual) {
  const auto plan = plan_batch({}, found(50));
  EXPECT_EQ(plan.num_micro, 3);
  EXPECT_EQ(plan.micro, 43);  // 43 + 43 + 42 rather than 50 + 50 + 28
  EXPECT_DOUBLE_EQ(plan.predicted_bytes, 1430.0);
}

TEST(BatchSizeTest, PinnedMicroBatchIsKept) {
  BatchOptions options;
  options.micro = 50;
  const auto search = bound_search(options, tier(0.1), 1000, 2);
  EXPECT_EQ(search.smallest, 50);
  EXPECT_EQ(search.largest, 50);
  EXPECT_EQ(plan_batch(options, found(50)).micro, 50);
  options.micro = 500;
  EXPECT_EQ(bound_search(options, tier(1.0), 1000, 2).largest, 128);
}

TEST(BatchSizeTest, TierBoundsTheMicroBatch) {
  EXPECT_EQ(bound_search({}, tier(0.4), 1000, 2).largest, 51);
  EXPECT_EQ(bound_search({}, tier(0.01), 1000, 2).largest, 2);
}

TEST(BatchSizeTest, AutomaticGlobalBatchIsTheLargestPowerOfTwoThatFits) {
  EXPECT_EQ(bound_search(automatic(), tier(1.0), 50000, 2).largest, 1024);
  EXPECT_EQ(bound_search(automatic(), tier(1.0), 300, 2).largest, 300);
  const auto plan = plan_batch(automatic(), found(700));
  EXPECT_EQ(plan.global, 512);
  EXPECT_EQ(plan.micro, 512);
  EXPECT_EQ(plan.num_micro, 1);
  EXPECT_DOUBLE_EQ(plan.predicted_bytes, 6120.0);
}

TEST(BatchSizeTest, AutomaticGlobalBatchKeepsToAPinnedMicroBatch) {
  auto options = automatic();
  options.micro = 3;
  const auto plan = plan_batch(options, found(3));
  EXPECT_EQ(plan.global, 3);
  EXPECT_EQ(plan.micro, 3);
}

TEST(BatchSizeTest, LearningRateFollowsTheGlobalBatch) {
  auto options = automatic();
  EXPECT_DOUBLE_EQ(plan_batch(options, found(512)).lr_factor, 4.0);
  EXPECT_GT(plan_batch(options, found(512)).warmup_epochs, 0.0);
  EXPECT_DOUBLE_EQ(plan_batch(options, found(64)).lr_factor, 0.5);
  EXPECT_DOUBLE_EQ(plan_batch(options, found(64)).warmup_epochs, 0.0);
  options.lr_scaling = "sqrt";
  EXPECT_DOUBLE_EQ(plan_batch(options, found(512)).lr_factor, 2.0);
  options.lr_scaling = "none";
  EXPECT_DOUBLE_EQ(plan_batch(options, found(512)).lr_factor, 1.0);
}

TEST(BatchSizeTest, PinnedBatchOfAnEarlierRunRepeatsItsLearningRate) {
  BatchOptions options;
  options.global = 512;
  EXPECT_DOUBLE_EQ(plan_batch(options, found(512)).lr_factor, 1.0);
  options.lr_scaling = "linear";
  EXPECT_DOUBLE_EQ(plan_batch(options, found(512)).lr_factor, 4.0);
}

}  // namespace
}  // namespace assay::device
