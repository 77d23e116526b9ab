#include "data/health_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::data {
namespace {

using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::Pair;
using ::testing::SizeIs;

/// Returns what is told of many faults of all kinds.
Health bad_health() {
  Health health;
  health.num_images = 100;
  health.class_names = {"ant", "bee"};
  for (int i = 0; i < 10; ++i) {
    const auto name = std::to_string(i) + ".jpg";
    const ImageName train{"training", name, "ant"}, again{"training", "again" + name, "ant"}, test{"test", name, "bee"};
    health.unreadable.push_back({train, "truncated"});
    health.equal.push_back({train, again, test});
    health.near.push_back({test, train, 2});
  }
  health.balance = {{"training", {40, 20}}, {"validation", {5, 0}}, {"test", {5, 5}}};
  health.sizes = {{10, 20}, {30, 40}, {50, 60}};
  health.statistics = {{0.4F, 0.4F, 0.4F}, {0.2F, 0.2F, 0.2F}};
  return health;
}

TEST(HealthReportTest, FitsTheTerminalWithAnyNumberOfFaults) {
  const auto facts = describe(bad_health(), {});
  EXPECT_LE(facts.size(), 14U);
  EXPECT_EQ(facts[0].first, "unreadable");
  EXPECT_EQ(facts[1].second, "training 0.jpg: truncated");
  EXPECT_EQ(facts[2].second, "training 1.jpg: truncated; and 8 more");
}

TEST(HealthReportTest, ShowsWhatIsEqual) {
  const auto facts = describe(bad_health(), {});
  EXPECT_THAT(facts, Contains(Pair("", "training 0.jpg (ant) = test 0.jpg (bee)")).Times(2)) << "leak and conflict";
  EXPECT_THAT(facts, Contains(Pair("duplicates", EndsWith("training 0.jpg = training again0.jpg; and 9 more"))));
  EXPECT_THAT(facts, Contains(Pair("near duplicates", EndsWith("training 0.jpg ~ test 0.jpg (2 bits); and 9 more"))));
}

TEST(HealthReportTest, TellsClassesAndSizes) {
  const auto facts = describe(bad_health(), {});
  EXPECT_THAT(facts, Contains(Pair("classes",
                                   "no validation images of bee; 20 (bee) to 40 (ant) training images a "
                                   "class")));
  EXPECT_THAT(facts, Contains(Pair("sizes", "20 x 10 to 60 x 50 pixels, median 40 x 30")));
}

TEST(HealthReportTest, CountsFaultsInOneLine) {
  auto health = bad_health();
  EXPECT_EQ(summarize(health), "10 unreadable files, 10 leaks, 10 label conflicts, 10 duplicates, 10 near duplicates");
  health = {};
  health.num_images = 1;
  EXPECT_EQ(summarize(health), "nothing wrong with 1 image");
  EXPECT_THAT(describe(health, {}), SizeIs(1)) << "no image was read";
}

}  // namespace
}  // namespace assay::data
