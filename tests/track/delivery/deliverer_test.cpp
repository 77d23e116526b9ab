#include "track/delivery/deliverer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temporary_folder.h"
#include "track/journal/journal_format.h"

namespace assay::track {
namespace {

TEST(DelivererTest, WhatIsThrownIsAFailure) {
  const TemporaryFolder folder;
  JournalStore store(folder.path() / "a.journal");
  RecordedRun run;
  run.uuid = "u";
  run.experiment = "e";
  const auto id = store.begin_run(run);
  store.mend([&](Database& database) {
    database.execute("UPDATE run SET tags = '[1]'");
    seal_new_run(database, id);
  });
  MlflowApi api(find_tracking_server("http://127.0.0.1:1", "test"), {});
  Deliverer deliverer(api);
  const auto step = deliverer.step(store);
  ASSERT_TRUE(step.failure);
  EXPECT_NE(step.failure->kind, Failure::Kind::kRejected);
  EXPECT_THAT(step.failure->message, testing::HasSubstr("json"));
}

}  // namespace
}  // namespace assay::track
