#include "track/journal/journal_store.h"

#include <gtest/gtest.h>

#include "temporary_folder.h"

namespace assay::track {
namespace {

TEST(JournalStoreTest, KeepsWhereARunBelongs) {
  const TemporaryFolder folder;
  RecordedRun run;
  run.uuid = "u";
  run.experiment = "e";
  run.experiment_id = "7";
  run.resume_id = "abc";
  JournalStore store(folder.path() / "a.journal");
  store.begin_run(run);
  const auto kept = store.runs().at(0);
  EXPECT_EQ(kept.experiment, "e");
  EXPECT_EQ(kept.experiment_id, "7");
  EXPECT_EQ(kept.resume_id, "abc");
}

TEST(JournalStoreTest, VisitsThePointsOfOneRunInTheirOrder) {
  const TemporaryFolder folder;
  JournalStore store(folder.path() / "a.journal");
  for (const char* uuid : {"u", "v"}) {
    RecordedRun run;
    run.uuid = uuid;
    store.begin_run(run);
  }
  store.append({{.run = 1, .time_ms = 5, .step = 2, .number = 0.5, .key = "b"},
                {.run = 2, .time_ms = 6, .step = 1, .number = 1.5, .key = "b"},
                {.kind = EntryKind::kTag, .run = 1, .time_ms = 7, .key = "b", .text = "text"},
                {.run = 1, .time_ms = 8, .step = 1, .number = 2.5, .key = "a"}},
               std::nullopt);
  std::vector<Metric> points;
  store.visit_points(1, [&](const Metric& point) { points.push_back(point); });
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0].key, "b");
  EXPECT_EQ(points[0].value, 0.5);
  EXPECT_EQ(points[0].timestamp_ms, 5);
  EXPECT_EQ(points[0].step, 2);
  EXPECT_EQ(points[1].key, "a");
}

}  // namespace
}  // namespace assay::track
