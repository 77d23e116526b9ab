#include "report/compose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "report/sample_record.h"

namespace assay::report {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string markdown_of(const LoadedRecords& loaded) {
  return to_markdown(compose_report(loaded, "2026-02-02T00:00:00Z"), "charts");
}

LoadedRecords sample_with(const std::string& pointer, Json value) {
  LoadedRecords loaded;
  loaded.records.push_back(parse_record(changed_sample(pointer, std::move(value)), "x"));
  return loaded;
}

TEST(ComposeTest, SaysThatAllTargetsAreMet) {
  EXPECT_THAT(
      markdown_of(sample_with("/error", "")),
      AllOf(HasSubstr("**static int8** meets all three targets: size −69.0 %, latency −45.0 %, accuracy −0.80 points."),
            HasSubstr("| **static int8** | 92.70 % | 91.48 to 93.76 | −0.80 | 1.92 MB | −69.0 % | 825 µs | 961 µs | "
                      "−45.0 % | 98.00 % |"),
            HasSubstr("Size: **−69.0 %**, met (6.20 MB → 1.92 MB; target: at least 30 % smaller)")));
}

TEST(ComposeTest, SaysThatATargetIsMissed) {
  EXPECT_THAT(markdown_of(sample_with("/variants/2/latency_us/p50", 901.0)),
              AllOf(HasSubstr("**No variant meets all three targets**; the closest is **static int8** with 2 of 3"),
                    HasSubstr("Latency: **−39.9 %**, MISSED"), Not(HasSubstr("meets all three targets:"))));
}

TEST(ComposeTest, GivesNoVerdictOnANetworkThatMayGuess) {
  const auto with_accuracy = [](double accuracy) {  // of ten classes
    auto json = changed_sample("/variants/0/accuracy", accuracy);
    json["variants"][0]["num_correct"] = std::llround(accuracy * json["variants"][0]["num_test"].get<double>());
    LoadedRecords loaded;
    loaded.records.push_back(parse_record(json, "x"));
    return markdown_of(loaded);
  };
  EXPECT_THAT(with_accuracy(0.11), AllOf(HasSubstr("**No verdict**: the float network may only guess, with 11.00 %"),
                                         Not(HasSubstr("meets all three"))));
  EXPECT_THAT(with_accuracy(0.2), Not(HasSubstr("No verdict")));
}

TEST(ComposeTest, WarnsWhenTheIntervalReachesPastTheTarget) {
  EXPECT_THAT(markdown_of(sample_with("/targets/accuracy_drop_points", 1.0)),
              HasSubstr("The target of 1 points is met, but lies inside this interval."));
}

TEST(ComposeTest, SaysThatStepsWereLeftOut) {
  EXPECT_THAT(markdown_of(sample_with("/training/history/0/skipped_steps", 3)),
              HasSubstr("3 steps were skipped, since their loss or gradients were NaN or infinity."));
}

TEST(ComposeTest, SaysWhatIsMissing) {
  EXPECT_THAT(markdown_of(sample_with("/variants/2/size_bytes", nullptr)),
              AllOf(HasSubstr("Size: **–**, not measured"), HasSubstr("Values not recorded: 1;"),
                    HasSubstr("`variants[].size_bytes`")));
}

TEST(ComposeTest, SaysThatTheProgramHadUncommittedChanges) {
  EXPECT_THAT(markdown_of(sample_with("/environment/dirty", true)), HasSubstr("with uncommitted changes"));
}

TEST(ComposeTest, ShowsTheNewestFinishedRunAndListsTheOthers) {
  LoadedRecords loaded;
  for (const auto& [name, status, started] :
       std::vector<std::array<const char*, 3>>{{"older", "FINISHED", "2026-01-01T00:00:00Z"},
                                               {"newest", "FAILED", "2026-01-03T00:00:00Z"},
                                               {"newer", "FINISHED", "2026-01-02T00:00:00Z"}}) {
    auto json = changed_sample("/run_name", name);
    json["status"] = status;
    json["started"] = started;
    json["error"] = "the disk is full";
    loaded.records.push_back(parse_record(json, name));
  }
  EXPECT_THAT(markdown_of(loaded), AllOf(HasSubstr("run newer, 2026-01-02"),
                                         HasSubstr("**FAILED newest**: the disk is full"), HasSubstr("| [older]")));
}

TEST(ComposeTest, TellsAsMuchAsAnUnfinishedRunKnows) {
  LoadedRecords loaded;
  loaded.records.push_back(parse_record(Json{{"format", 1}, {"experiment", "e"}, {"status", "KILLED"}}, "x"));
  EXPECT_THAT(markdown_of(loaded),
              AllOf(HasSubstr("No run of this experiment finished"), HasSubstr("No compressed variant was measured"),
                    HasSubstr("no error text was recorded")));
}

TEST(ComposeTest, ListsRecordsThatCouldNotBeRead) {
  auto loaded = sample_with("/error", "");
  loaded.unreadable.push_back({"runs/bad/record.json", "not valid JSON"});
  EXPECT_THAT(markdown_of(loaded), HasSubstr("`runs/bad/record.json`: not valid JSON"));
}

TEST(ComposeTest, KeepsExperimentsWithSimilarNamesApart) {
  auto loaded = sample_with("/experiment", "a b");
  loaded.records.push_back(parse_record(changed_sample("/experiment", "a/b"), "y"));
  const auto document = compose_report(loaded, "now");
  ASSERT_EQ(document.charts.size(), 6U);
  EXPECT_EQ(document.charts[0].name, "a-b-size");
  EXPECT_EQ(document.charts[3].name, "a-b-2-size");
}

TEST(ComposeTest, HostileNamesStayText) {
  const std::string hostile = "<script>alert(1)</script>../../x";
  auto json = changed_sample("/variants/2/title", hostile);
  for (const auto* key : {"experiment", "run_name", "error", "command", "started", "run_key"}) json[key] = hostile;
  json["environment"]["cpu"] = hostile;
  LoadedRecords loaded;
  loaded.records.push_back(parse_record(json, hostile));
  const auto document = compose_report(loaded, "now");
  EXPECT_THAT(to_html(document), Not(HasSubstr("<script")));
  for (const auto& chart : document.charts) EXPECT_EQ(chart.name.find_first_of("/.<"), std::string::npos) << chart.name;
}

}  // namespace
}  // namespace assay::report
