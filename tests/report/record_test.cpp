#include "report/record.h"

#include <limits>

#include "expect_error.h"
#include "report/sample_record.h"

namespace assay::report {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RecordTest, ReadsEveryField) {
  const auto record = sample_record();
  EXPECT_EQ(record.experiment, "household_compression");
  EXPECT_TRUE(record.finished());
  EXPECT_THAT(record.missing, IsEmpty());
  ASSERT_EQ(record.variants.size(), 3U);
  EXPECT_EQ(record.variants[2].size_bytes, 1922000);
  EXPECT_EQ(record.variants[2].latency_us_p95, 961.0);
  EXPECT_EQ(record.variants[2].settings[0], (std::pair<std::string, std::string>("calibration_images", "512")));
  EXPECT_EQ(record.targets.latency_reduction, 0.40);
  EXPECT_EQ(record.training.history.size(), 10U);
  EXPECT_EQ(record.training.best_epoch, 9);
  EXPECT_THAT(record.environment.isa, ElementsAre("avx2", "avx512f", "avx512_vnni"));
  EXPECT_EQ(record.environment.dirty, false);
}

TEST(RecordTest, NotesWhatIsAbsentOrNull) {
  auto json = sample_json();
  json.erase("environment");
  json["variants"][1]["accuracy"] = nullptr;
  json["variants"][1].erase("num_correct");
  const auto record = parse_record(json, "x");
  EXPECT_THAT(record.missing, ElementsAre("environment", "variants[1].accuracy", "variants[1].num_correct"));
  EXPECT_FALSE(record.variants[1].accuracy.has_value());
}

TEST(RecordTest, ReadsTheRecordOfARunThatFailedAtOnce) {
  const auto record =
      parse_record(Json{{"format", 1}, {"experiment", "e"}, {"status", "FAILED"}, {"error", "no data"}}, "x");
  EXPECT_EQ(record.error, "no data");
  EXPECT_THAT(record.missing, Contains("variants"));
}

TEST(RecordTest, DerivesTheCountFromTheAccuracy) {
  auto json = sample_json();
  json["variants"][0].erase("num_correct");
  EXPECT_EQ(parse_record(json, "x").variants[0].num_correct, 1870);
}

TEST(RecordTest, ReadsARunDuringWhichTheClockWasSetBack) {
  const auto record = parse_record(changed_sample("/duration_s", -3600.5), "x");
  EXPECT_FALSE(record.duration_s.has_value());
  EXPECT_TRUE(record.has_clock_gone_back);
  EXPECT_FALSE(sample_record().has_clock_gone_back);
}

TEST(RecordTest, NamesFileAndFieldOfAWrongType) {
  EXPECT_ERROR(parse_record(changed_sample("/variants/1/size_bytes", "big"), "runs/x/record.json"), kData,
               "variants[1].size_bytes: expected a number, found string (runs/x/record.json)");
  EXPECT_ERROR(parse_record(changed_sample("/variants", 3), "x"), kData, "variants: expected a list, found number");
  EXPECT_ERROR(parse_record(changed_sample("/dataset/classes/0", 3), "x"), kData,
               "dataset.classes: expected a list of strings");
  EXPECT_ERROR(parse_record(changed_sample("/environment", "linux"), "x"), kData,
               "environment: expected an object, found string");
  EXPECT_ERROR(parse_record(Json::array(), "x"), kData, "record: expected an object, found array");
}

TEST(RecordTest, RefusesNumbersOutOfRange) {
  EXPECT_ERROR(parse_record(changed_sample("/variants/0/accuracy", 1.5), "x"), kData,
               "variants[0].accuracy: 1.5 is not between 0 and 1");
  EXPECT_ERROR(parse_record(changed_sample("/variants/0/size_bytes", 1e300), "x"), kData,
               "variants[0].size_bytes: 1e+300 is not between");
  EXPECT_ERROR(parse_record(changed_sample("/variants/0/size_bytes", -1), "x"), kData,
               "variants[0].size_bytes: -1 is not between");
  EXPECT_ERROR(parse_record(changed_sample("/dataset/num_test", 1.5), "x"), kData,
               "dataset.num_test: expected a whole number");
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_ERROR(parse_record(changed_sample("/variants/0/latency_us/p50", nan), "x"), kData,
               "variants[0].latency_us.p50");
  EXPECT_ERROR(parse_json("{\"format\": 1e999}", "x"), kData, "x");
}

TEST(RecordTest, RefusesCountsThatContradictEachOther) {
  EXPECT_ERROR(parse_record(changed_sample("/variants/0/num_correct", 1700), "x"), kData,
               "contradicts 1700 correct of 2000");
  EXPECT_ERROR(parse_record(changed_sample("/variants/0/num_correct", 2001), "x"), kData,
               "2001 of 2000 test images cannot be");
}

TEST(RecordTest, RefusesAFormatItDoesNotKnow) {
  EXPECT_ERROR(parse_record(changed_sample("/format", 2), "x"), kData, "format: 2 is newer than 1");
  EXPECT_ERROR(parse_record(Json::object(), "x"), kData, "format: missing");
}

}  // namespace
}  // namespace assay::report
