#include "report/format.h"

#include <gtest/gtest.h>

namespace assay::report {
namespace {

TEST(FormatTest, KeepsThreeDigitsOfSizesAndLatencies) {
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(1922000), "1.92 MB");
  EXPECT_EQ(format_bytes(999600), "1.00 MB");
  EXPECT_EQ(format_latency(825.4), "825 µs");
  EXPECT_EQ(format_latency(1500.0), "1.50 ms");
  EXPECT_EQ(format_latency(999.7), "1.00 ms");
  EXPECT_EQ(format_latency(std::nullopt), kNoFigure);
}

TEST(FormatTest, GroupsThousands) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1528106), "1,528,106");
}

TEST(FormatTest, SignsChanges) {
  EXPECT_EQ(format_change(-0.69), "−69.0 %");
  EXPECT_EQ(format_change(0.031), "+3.1 %");
  EXPECT_EQ(format_points(-0.0001), "0.00");
}

TEST(FormatTest, NeverRoundsAMissedTargetToTheTarget) {
  EXPECT_EQ(format_change(-0.29999, -0.30), "−29.999 %");
  EXPECT_EQ(format_change(-0.30, -0.30), "−30.0 %");
  EXPECT_EQ(format_points(-5.0004, -5.0), "−5.0004");
}

}  // namespace
}  // namespace assay::report
