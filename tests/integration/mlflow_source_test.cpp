#include "report/mlflow_source.h"

#include "core/file.h"
#include "expect_error.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"

namespace assay::report {
namespace {

TEST(MlflowSourceTest, ReadsTheRecordsThatRunsHaveTracked) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const std::filesystem::path sample =
      ASSAY_SOURCE_DIR "/tests/report/runs/household_compression/3e23e8160039/record.json";
  const auto tracker = track::tracker_for(server->url());
  const auto whole = tracker->start(track::start_of("from-mlflow", "whole"));
  whole->set_tag("assay.record", "record.json");
  whole->log_artifact(sample, "record.json");
  whole->start_child({"", "child", {}, {}})->finish(track::RunStatus::kFinished);
  whole->finish(track::RunStatus::kFinished);
  const auto bare = tracker->start(track::start_of("from-mlflow", "bare"));
  bare->finish(track::RunStatus::kFailed);

  const auto loaded = load_records_from_mlflow("from-mlflow", server->url());
  EXPECT_TRUE(loaded.unreadable.empty());
  ASSERT_EQ(loaded.records.size(), 2U) << "children have no record of their own";
  LoadedRecords expected;
  load_record_text(read_file(sample), "sample", expected);
  for (const auto& record : loaded.records) {
    const bool is_whole = record.status != "FAILED";
    EXPECT_THAT(record.origin, testing::StartsWith(server->url()));
    EXPECT_EQ(record.run_name, is_whole ? expected.records[0].run_name : "bare");
    EXPECT_EQ(record.variants.size(), is_whole ? expected.records[0].variants.size() : 0U);
  }
  EXPECT_ERROR(load_records_from_mlflow("no-such-experiment", server->url()), kConfig, "no-such-experiment");
}

}  // namespace
}  // namespace assay::report
