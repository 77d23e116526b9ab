#include "track/entities.h"

#include <limits>

#include "expect_error.h"

namespace assay::track {
namespace {

TEST(EntitiesTest, EncodesWhatIsNoNumberAsText) {
  EXPECT_EQ(encode_value(std::numeric_limits<double>::quiet_NaN()).dump(), R"("NaN")");
  EXPECT_EQ(encode_value(std::numeric_limits<double>::infinity()).dump(), R"("Infinity")");
  EXPECT_EQ(encode_value(-std::numeric_limits<double>::infinity()).dump(), R"("-Infinity")");
  EXPECT_EQ(encode_value(0.1).dump(), "0.1");
}

TEST(EntitiesTest, EncodesStepsAndTimesAsIntegers) {
  const Batch batch{{{"loss", 2.0, 1'700'000'000'123, 9'007'199'254'740'993}}, {{"lr", "0.1"}}, {{"kind", "7"}}};
  EXPECT_EQ(
      format_json(encode_batch(batch, "r1")),
      R"({"run_id":"r1","metrics":[{"key":"loss","value":2.0,"timestamp":1700000000123,"step":9007199254740993}],)"
      R"("params":[{"key":"lr","value":"0.1"}],"tags":[{"key":"kind","value":"7"}]})");
}

TEST(EntitiesTest, ReplacesBytesThatAreNotText) { EXPECT_EQ(format_json(Json("a\xff")), "\"a\xEF\xBF\xBD\""); }

TEST(EntitiesTest, TakesTheKeysThatMlflowTakes) {
  for (const char* key : {"train/loss", "a.b-c_d: e", "损失", "compress/static_int8/latency_us_p50"}) {
    EXPECT_NO_THROW(check_key("metric", key)) << key;
  }
  EXPECT_NO_THROW(check_key("metric", std::string(250, 'k')));
}

TEST(EntitiesTest, RefusesTheKeysThatMlflowRefuses) {
  for (const char* key : {"", "a%b", "f(x)", "a=b", "a#b", "/a", "a/", "a//b", "a/../b", "./a", "a\nb"}) {
    EXPECT_ERROR(check_key("metric", key), kInternal, std::string("metric key `") + key + "` cannot be tracked");
  }
  EXPECT_ERROR(check_key("tag", std::string(251, 'k')), kInternal, "longer than 250");
}

TEST(EntitiesTest, RefusesArtifactPathsThatTheProxyRefuses) {
  EXPECT_NO_THROW(check_artifact_path("models/float 100%.pt"));
  for (const char* path : {"", "/etc/passwd", "../up", "a/..", "a#b", "a\\b"}) {
    EXPECT_ERROR(check_artifact_path(path), kInternal, "cannot be tracked");
  }
}

TEST(EntitiesTest, CutsLongTextVisiblyAndBetweenCharacters) {
  EXPECT_EQ(cut_text(std::string(6000, 'x'), 6000), std::string(6000, 'x'));
  const auto cut = cut_text(std::string(7000, 'x'), 6000);
  EXPECT_EQ(cut.size(), 6000U);
  EXPECT_THAT(cut, testing::EndsWith("x... [cut, 7000 characters in all]"));
  std::string accents;
  for (int i = 0; i < 70; ++i) accents += "é";
  EXPECT_EQ(cut_text(accents, 70), accents);
  EXPECT_EQ(cut_text(accents, 36), "ééééé... [cut, 70 characters in all]");
}

TEST(EntitiesTest, DropsAParamThatIsRepeatedAndRefusesAnotherValue) {
  std::map<std::string, std::string> known;
  EXPECT_EQ(take_new_params({{"lr", "0.1"}, {"lr", "0.1"}, {"seed", "1"}}, known).size(), 2U);
  EXPECT_TRUE(take_new_params({{"seed", "1"}}, known).empty());
  EXPECT_ERROR(take_new_params({{"lr", "0.2"}}, known), kInternal,
               "param `lr` is logged twice with different values: `0.1`, then `0.2`");
}

TEST(EntitiesTest, RefusesWhatDescribesNoDatasetOrModel) {
  EXPECT_ERROR(dataset_from({{"name", "data"}}), kData, "describes no dataset");
  EXPECT_ERROR(model_from(Json::array()), kData, "describes no model");
}

TEST(EntitiesTest, RefusesModelsThatMlflowRefuses) {
  const LoggedModel good{
      .name = "float 32", .folder = "model", .registered_name = "house.hold", .aliases = {"best-1", "v7b", "später"}};
  EXPECT_NO_THROW(check_model(good));
  const auto change = [&](auto edit) {
    auto model = good;
    edit(model);
    return model;
  };
  EXPECT_ERROR(check_model(change([](auto& m) { m.name = "a.b"; })), kInternal, "model `a.b`");
  EXPECT_ERROR(check_model(change([](auto& m) { m.registered_name = "a/b"; })), kInternal, "model `a/b`");
  EXPECT_ERROR(check_model(change([](auto& m) { m.registered_name = ""; })), kInternal, "only a registered model");
  for (const char* alias : {"", "a b", "a.b"}) {
    EXPECT_ERROR(check_model(change([&](auto& m) { m.aliases = {alias}; })), kInternal, "only letters");
  }
  for (const char* alias : {"latest", "Latest", "v7", "V12"}) {
    EXPECT_ERROR(check_model(change([&](auto& m) { m.aliases = {alias}; })), kInternal, "for itself");
  }
}

}  // namespace
}  // namespace assay::track
