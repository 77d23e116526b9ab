#include "track/mlflow/mlflow_json.h"

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

TEST(MlflowJsonTest, TakesNoIdThatLeadsElsewhere) {
  for (const std::string id : {"../../x", "a/b", "a?b", "a%2fb", "a b"}) {
    EXPECT_EQ(read_run({{"info", {{"run_id", id}, {"experiment_id", id}}}}).id, "") << id;
    EXPECT_EQ(read_experiment({{"experiment_id", id}}).id, "") << id;
  }
  EXPECT_EQ(read_run({{"info", {{"run_id", "m-0aF_9"}}}}).id, "m-0aF_9");
}

TEST(MlflowJsonTest, ReadsNoAnswerThatIsMadeToCostMemory) {
  HttpResponse response;
  response.status = 200;
  response.body = R"({"a": )" + std::string(8'000'000, '[');
  EXPECT_FALSE(read_answer(response, {}, 1.0));
  const std::string blanks(6'000'000, ' ');
  response.body = R"({"a": [)" + blanks + blanks + blanks + "]}";
  EXPECT_FALSE(read_answer(response, {}, 1.0));
  response.body = R"({"a": ")" + std::string(1'000'000, '[') + "\"}";
  EXPECT_TRUE(read_answer(response, {}, 1.0));
}

}  // namespace
}  // namespace assay::track
