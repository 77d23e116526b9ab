#include "track/mlflow_json.h"

#include <gtest/gtest.h>

#include <limits>

namespace assay::track {
namespace {

TEST(MlflowJsonTest, CutsNumbersToTheRangeOfIntegers) {
  const Json json = {{"large", 1e300}, {"small", -1e300}, {"middle", -7.9}, {"text", "12"}, {"odd", "x"}};
  EXPECT_EQ(read_integer(json, "large"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(read_integer(json, "small"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(read_integer(json, "middle"), -7);
  EXPECT_EQ(read_integer(json, "text"), 12);
  EXPECT_EQ(read_integer(json, "odd"), 0);
  EXPECT_EQ(read_integer(json, "none"), 0);
}

TEST(MlflowJsonTest, ReadsWhatHasAnotherForm) {
  const Json json = {{"info", 5}, {"data", {{"metrics", "text"}, {"tags", {{"a", 1}}}}}};
  EXPECT_EQ(read_run(json).id, "");
  EXPECT_EQ(read_run(Json("text")).metrics.size(), 0U);
  EXPECT_EQ(read_artifact(Json({{"is_dir", "yes"}})).is_folder, false);
}

}  // namespace
}  // namespace assay::track
