#include "track/journal_store.h"

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

}  // namespace
}  // namespace assay::track
