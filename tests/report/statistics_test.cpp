#include "report/statistics.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

#include "core/json.h"

namespace assay::report {
namespace {

Json golden(const char* name) {  // written by golden/report_statistics.py with SciPy
  return read_json(std::filesystem::path(ASSAY_SOURCE_DIR) / "tests/golden/report_statistics.json")[name];
}

TEST(StatisticsTest, WilsonIntervalMatchesSciPy) {
  for (const auto& row : golden("wilson")) {
    const auto interval = wilson_interval(row["correct"].get<std::int64_t>(), row["total"].get<std::int64_t>());
    EXPECT_NEAR(interval.low, row["low"].get<double>(), 1e-12) << row;
    EXPECT_NEAR(interval.high, row["high"].get<double>(), 1e-12) << row;
  }
}

TEST(StatisticsTest, PairedIntervalMatchesExplicitSamples) {
  for (const auto& row : golden("paired")) {
    const auto interval = paired_change_interval(row["change"].get<std::int64_t>(), row["changed"].get<std::int64_t>(),
                                                 row["total"].get<std::int64_t>());
    EXPECT_NEAR(interval.low, row["low"].get<double>(), 1e-12) << row;
    EXPECT_NEAR(interval.high, row["high"].get<double>(), 1e-12) << row;
  }
}

TEST(StatisticsTest, RefusesCountsThatCannotBe) {
  EXPECT_THROW(wilson_interval(1, 0), std::logic_error);
  EXPECT_THROW(wilson_interval(11, 10), std::logic_error);
  EXPECT_THROW(paired_change_interval(-5, 4, 100), std::logic_error);
}

}  // namespace
}  // namespace assay::report
