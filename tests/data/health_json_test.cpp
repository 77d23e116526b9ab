#include "data/health_json.h"

#include "expect_error.h"
#include "temporary_folder.h"

namespace assay::data {
namespace {

Health some_health() {
  Health health;
  health.num_images = 7;
  const ImageName train{"training", "a.jpg", "ant"}, test{"test", "b.jpg", "bee"};
  health.unreadable = {{train, "truncated"}};
  health.equal = {{train, test}, {test, test}};
  health.near = {{test, train, 3}};
  health.class_names = {"ant", "bee"};
  health.balance = {{"training", {4, 1}}, {"test", {1, 1}}};
  health.sizes = {{10, 20}, {30, 40}, {50, 60}};
  health.statistics = {{0.4F, 0.5F, 0.6F}, {0.1F, 0.2F, 0.3F}};
  return health;
}

TEST(HealthJsonTest, IsReadAsItWasWritten) {
  const auto json = to_json(some_health());
  EXPECT_EQ(json["num_leaks"], 1);
  EXPECT_EQ(json["num_label_conflicts"], 1);
  EXPECT_EQ(json["num_duplicates"], 1);
  EXPECT_EQ(json["equal_images"][0]["leak"], true);
  EXPECT_EQ(json["near_duplicates"][0]["images"][0]["name"], "a.jpg");
  EXPECT_EQ(to_json(health_from_json(parse_json(format_json(json), "test"))), json);
  EXPECT_THROW(health_from_json(Json::object()), Json::exception);
}

TEST(HealthJsonTest, IsShortenedForTheRecord) {
  const auto json = shorten(to_json(some_health()), 1);
  EXPECT_EQ(json["equal_images"].size(), 1U);
  EXPECT_EQ(json["num_leaks"], 1);
}

TEST(HealthCacheTest, ReturnsTheAnswerToTheSameQuestion) {
  const TemporaryFolder folder;
  const HealthCache cache(folder.path(), {{"data", "one"}});
  EXPECT_FALSE(cache.find().has_value());
  cache.keep(some_health());
  const auto found = cache.find();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(to_json(*found), to_json(some_health()));
  EXPECT_FALSE(HealthCache(folder.path(), {{"data", "two"}}).find().has_value());
}

TEST(HealthCacheTest, SurvivesADamagedFile) {
  const TemporaryFolder folder;
  const HealthCache cache(folder.path(), {{"data", "one"}});
  cache.keep(some_health());
  for (const auto* text : {"no JSON", "[]", R"({"question": {"data": "one"}, "health": {}})"}) {
    std::ofstream(cache.file()) << text;
    EXPECT_FALSE(cache.find().has_value()) << text;
  }
}

}  // namespace
}  // namespace assay::data
