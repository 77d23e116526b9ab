#include "report/comparison.h"

#include <gtest/gtest.h>

#include "report/sample_record.h"

namespace assay::report {
namespace {

TEST(ComparisonTest, MatchesFiguresWorkedOutByHand) {
  const auto record = sample_record();
  const auto comparisons = compare_with_baseline(record);
  ASSERT_EQ(comparisons.size(), 2U);
  const auto& static_int8 = comparisons[1];
  EXPECT_NEAR(*static_int8.size_change, -0.69, 1e-12);     // 1,922,000 of 6,200,000 bytes
  EXPECT_NEAR(*static_int8.latency_change, -0.45, 1e-12);  // 825 of 1500 us
  EXPECT_NEAR(*static_int8.accuracy_change_points, -0.8, 1e-12);
  EXPECT_EQ(static_int8.num_changed, 40);                                 // 2 % of 2000
  EXPECT_NEAR(static_int8.accuracy_interval_points->low, -1.4188, 1e-4);  // golden: change -16, changed 40, total 2000
  EXPECT_TRUE(static_int8.meets_all());
  EXPECT_EQ(comparisons[0].size, Verdict::kMissed);  // 29 % of the required 30 %
  EXPECT_EQ(comparisons[0].num_met(), 1);
}

TEST(ComparisonTest, FigureExactlyAtItsTargetMeetsIt) {
  auto record = sample_record();
  auto& variant = record.variants[2];
  variant.size_bytes = 4340000;    // 70 % of 6,200,000
  variant.latency_us_p50 = 900.0;  // 60 % of 1500
  variant.accuracy = *record.variants[0].accuracy - 0.05;
  const auto comparison = compare_with_baseline(record)[1];
  EXPECT_EQ(comparison.size, Verdict::kMet);
  EXPECT_EQ(comparison.latency, Verdict::kMet);
  EXPECT_EQ(comparison.accuracy, Verdict::kMet);
}

TEST(ComparisonTest, FigureJustPastItsTargetMissesIt) {
  auto record = sample_record();
  auto& variant = record.variants[2];
  variant.size_bytes = 4340001;
  variant.latency_us_p50 = 900.001;
  variant.accuracy = *record.variants[0].accuracy - 0.05001;
  const auto comparison = compare_with_baseline(record)[1];
  EXPECT_EQ(comparison.size, Verdict::kMissed);
  EXPECT_EQ(comparison.latency, Verdict::kMissed);
  EXPECT_EQ(comparison.accuracy, Verdict::kMissed);
  EXPECT_FALSE(comparison.meets_all());
}

TEST(ComparisonTest, WhatWasNotMeasuredMeetsNothing) {
  auto record = sample_record();
  record.variants[2].size_bytes.reset();
  record.targets.accuracy_drop_points.reset();
  record.variants[0].latency_us_p50 = 0.0;
  const auto comparison = compare_with_baseline(record)[1];
  EXPECT_EQ(comparison.size, Verdict::kUnknown);
  EXPECT_EQ(comparison.latency, Verdict::kUnknown);
  EXPECT_EQ(comparison.accuracy, Verdict::kUnknown);
}

TEST(ComparisonTest, AgreementOnOtherImagesGivesNoPairedInterval) {
  auto record = sample_record();
  record.variants[2].agreement = 1.0;  // although 16 predictions changed
  EXPECT_FALSE(compare_with_baseline(record)[1].accuracy_interval_points.has_value());
}

TEST(ComparisonTest, ChoosesTheFastestOfThoseThatMeetMost) {
  auto record = sample_record();
  EXPECT_EQ(choose_best(compare_with_baseline(record))->variant->name, "static_int8");
  record.variants[1] = record.variants[2];
  record.variants[1].name = "faster";
  record.variants[1].latency_us_p50 = 600.0;
  EXPECT_EQ(choose_best(compare_with_baseline(record))->variant->name, "faster");
  record.variants[1].size_bytes = 6000000;  // faster still, but no longer small enough
  EXPECT_EQ(choose_best(compare_with_baseline(record))->variant->name, "static_int8");
  record.variants.resize(1);
  EXPECT_EQ(choose_best(compare_with_baseline(record)), nullptr);
}

}  // namespace
}  // namespace assay::report
