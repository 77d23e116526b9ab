#include "track/journal/journal.h"

#include <fmt/format.h>

#include <cmath>

#include "expect_error.h"
#include "flock_errors.h"
#include "killed_process.h"
#include "temporary_folder.h"

namespace assay::track {
namespace {

class JournalTest : public testing::Test {
 protected:
  static RecordedRun a_run(const std::string& name, std::int64_t parent = 0) {
    RecordedRun run;
    run.parent = parent;
    run.uuid = "uuid of " + name;
    run.experiment = "experiment";
    run.name = name;
    run.start_ms = 1000;
    run.tags = {{"mlflow.user", "ä \"quoted\" user"}};
    return run;
  }

  static void log_points(Journal& journal, std::int64_t run, int count) {
    for (int i = 0; i < count; ++i)
      journal.log({.run = run, .time_ms = 2000 + i, .step = i, .number = i / 3.0, .key = "loss"});
  }

  /// Takes everything that waits, as a delivery does; returns the steps of the points.
  static std::vector<std::int64_t> deliver_all(JournalStore& store, std::int64_t run) {
    std::vector<std::int64_t> steps;
    for (auto waiting = store.next_batch(run); !waiting.places.empty(); waiting = store.next_batch(run)) {
      EXPECT_LE(waiting.batch.size(), kMaxBatchEntities);
      for (const auto& metric : waiting.batch.metrics) steps.push_back(metric.step);
      store.mark_delivered(waiting.places);
    }
    return steps;
  }

  TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "a.journal";
};

TEST_F(JournalTest, GivesBackWhatWasLogged) {
  std::int64_t parent = 0;
  {
    Journal journal(path_);
    parent = journal.store().begin_run(a_run("parent"));
    const auto child = journal.store().begin_run(a_run("child", parent));
    log_points(journal, parent, 2500);
    journal.log({.run = child, .time_ms = 5, .step = -1, .number = std::nan(""), .key = "odd"});
    journal.log({.run = child, .time_ms = 5, .step = 1, .number = -INFINITY, .key = "odd"});
    journal.log({.kind = EntryKind::kParam, .run = child, .key = "lr", .text = "0.1"});
    journal.log({.kind = EntryKind::kTag, .run = child, .key = "note", .text = "first"});
    journal.log({.kind = EntryKind::kTag, .run = child, .key = "note", .text = "second"});
    journal.log({.kind = EntryKind::kFile, .run = child, .key = "models/a.pt", .text = "/runs/a.pt"});
    journal.log({.kind = EntryKind::kEnd, .run = child, .time_ms = 77, .key = "FINISHED"});
    journal.log({.kind = EntryKind::kEnd, .run = child, .time_ms = 78, .key = "FAILED"});
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "a.ring")) << "an empty queue takes no space";
  Journal journal(path_);
  const auto runs = journal.store().runs();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].tags, a_run("parent").tags);
  EXPECT_FALSE(runs[0].status);
  EXPECT_EQ(runs[1].parent, parent);
  EXPECT_EQ(runs[1].status, RunStatus::kFinished) << "the first end counts";
  EXPECT_EQ(runs[1].end_ms, 77);
  EXPECT_EQ(journal.store().last_time_ms(parent), 2000 + 2499);
  EXPECT_EQ(journal.store().count(parent).waiting, 2500 + 1);

  const auto odd = journal.store().next_batch(runs[1].id).batch;
  ASSERT_EQ(odd.metrics.size(), 2U);
  EXPECT_TRUE(std::isnan(odd.metrics[0].value));
  EXPECT_EQ(odd.metrics[0].step, -1);
  EXPECT_EQ(odd.metrics[1].value, -INFINITY);
  EXPECT_EQ(odd.params, (std::vector<KeyValue>{{"lr", "0.1"}}));
  EXPECT_EQ(odd.tags, (std::vector<KeyValue>{{"note", "second"}}));
  const auto files = journal.store().next_files(runs[1].id, 10);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].path, "models/a.pt");

  log_points(journal, parent, 1);
  journal.settle();
  EXPECT_EQ(journal.store().count(parent).waiting, 2501 + 1) << "the new queue goes on where the old one ended";

  const auto steps = deliver_all(journal.store(), parent);
  ASSERT_EQ(steps.size(), 2501U);
  for (int i = 0; i < 2500; ++i) EXPECT_EQ(steps[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(journal.store().count(parent).delivered, 2501);
  EXPECT_EQ(journal.store().count(parent).waiting, 1) << "the final status";
}

TEST_F(JournalTest, KeepsEachBatchWithinTheServersLimits) {
  Journal journal(path_);
  const auto run = journal.store().begin_run(a_run("run"));
  for (int i = 0; i < 250; ++i) {
    const auto key = fmt::format("k{}", i);
    journal.log({.kind = EntryKind::kParam, .run = run, .key = key, .text = std::string(6000, '"')});
    journal.log({.kind = EntryKind::kTag, .run = run, .key = key, .text = std::string(8000, '"')});
  }
  journal.settle();
  std::size_t num_pairs = 0;
  for (auto waiting = journal.store().next_batch(run); !waiting.places.empty();
       waiting = journal.store().next_batch(run)) {
    EXPECT_LE(waiting.batch.params.size(), kMaxBatchParams);
    EXPECT_LE(waiting.batch.tags.size(), kMaxBatchTags);
    EXPECT_LT(format_json(encode_batch(waiting.batch, "run")).size(), 1'000'000U);
    num_pairs += waiting.batch.size();
    journal.store().mark_delivered(waiting.places);
  }
  EXPECT_EQ(num_pairs, 500U);
}

TEST_F(JournalTest, LosesNothingThatWasLoggedBeforeAKill) {
  for (int round = 0; round < 20; ++round) {
    const auto path = folder_.path() / fmt::format("{}.journal", round);
    const auto last = run_until_killed(200 + 1500 * round, [&](const auto& done) {
      Journal journal(path);
      const auto run = journal.store().begin_run(a_run("run"));
      for (std::int64_t i = 0;; ++i) {
        journal.log({.run = run, .time_ms = i, .step = i, .number = 0.5, .key = "loss"});
        done(i);
      }
    });

    Journal journal(path);
    const auto steps = deliver_all(journal.store(), 1);
    ASSERT_GT(static_cast<std::int64_t>(steps.size()), last) << "round " << round;
    for (std::size_t i = 0; i < steps.size(); ++i) ASSERT_EQ(steps[i], static_cast<std::int64_t>(i));
  }
}

TEST_F(JournalTest, WaitsForTheDatabaseOnlyWhenTheQueueIsFull) {
  Journal journal(path_);
  const auto run = journal.store().begin_run(a_run("run"));
  log_points(journal, run, 1000);
  EXPECT_EQ(journal.num_waits(), 0);
  log_points(journal, run, 299'000);
  EXPECT_GT(journal.num_waits(), 0);
  journal.settle();
  EXPECT_EQ(journal.store().count(run).waiting, 300'000 + 1);
  EXPECT_EQ(journal.store().num_waiting(), 300'000 + 1);
}

TEST_F(JournalTest, WhatIsRefusedWaitsForTheNextOpening) {
  std::int64_t run = 0;
  {
    Journal journal(path_);
    auto& store = journal.store();
    run = store.begin_run(a_run("run"));
    log_points(journal, run, 10);
    journal.settle();
    store.mark_refused(run, store.next_batch(run, 3).places, "too long");
    store.mark_delivered(store.next_batch(run).places);
    EXPECT_TRUE(store.next_batch(run).places.empty());
    store.mark_closed(run, "3 entries refused");
    EXPECT_EQ(store.num_waiting(), 0);
    EXPECT_EQ(store.count(run).waiting, 0);
    EXPECT_EQ(store.count(run).delivered, 7 + 1);
    EXPECT_EQ(store.count(run).refused, 3);
    EXPECT_EQ(store.count(run).first_refusal, "too long");
  }
  Journal journal(path_);
  journal.store().reopen_incomplete();
  EXPECT_FALSE(journal.recovery());
  EXPECT_EQ(journal.store().count(run).refused, 0);
  EXPECT_EQ(journal.store().count(run).waiting, 3 + 1);
  EXPECT_EQ(journal.store().next_batch(run).places.size(), 3U);
}

TEST_F(JournalTest, ARefusedRunHoldsUpNothing) {
  Journal journal(path_);
  auto& store = journal.store();
  const auto run = store.begin_run(a_run("run"));
  log_points(journal, run, 10);
  journal.settle();
  store.mark_run_refused(run, "deleted");
  EXPECT_EQ(store.num_waiting(), 0);
  EXPECT_EQ(store.count(run).refused, 10 + 1);
  EXPECT_TRUE(store.runs().at(0).is_refused);
}

TEST_F(JournalTest, EverythingCanBeDeliveredAgain) {
  std::int64_t run = 0;
  {
    Journal journal(path_);
    auto& store = journal.store();
    run = store.begin_run(a_run("run"));
    log_points(journal, run, 10);
    journal.log({.kind = EntryKind::kFile, .run = run, .key = "a.pt", .text = "a.pt"});
    journal.settle();
    store.mark_delivered(store.next_batch(run).places);
    store.mark_file_delivered(store.next_files(run, 1).at(0).place, {1, "aa"});
    store.mark_closed(run, "metric loss: 1 of 10 points missing");
  }
  Journal journal(path_);
  journal.store().reopen_incomplete();
  EXPECT_EQ(journal.store().next_batch(run).places.size(), 10U);
  const auto file = journal.store().next_files(run, 1).at(0);
  EXPECT_FALSE(file.delivered);
  EXPECT_EQ(file.file.path, path_.parent_path().parent_path() / "a.pt");
  EXPECT_TRUE(journal.store().runs().at(0).create_tried);
}

TEST_F(JournalTest, IsOpenOnlyOnce) {
  Journal journal(path_);
  EXPECT_THROW(Journal{path_}, JournalBusy);
  EXPECT_ERROR(Journal{path_}, kData, "another process has this journal open");
}

// A journal that nobody writes must not be left alone as one that is being written.
TEST_F(JournalTest, ALockThatFailsOtherwiseIsNoOtherProcess) {
  flock_errors = {ENOLCK};
  EXPECT_ERROR(Journal{path_}, kData, "cannot lock the journal: No locks available");
  flock_errors = {EINTR, EINTR};
  EXPECT_NO_THROW(Journal{path_});
  EXPECT_TRUE(flock_errors.empty());
}

TEST_F(JournalTest, TellsWhatIsNoJournal) {
  EXPECT_ERROR(Journal(folder_.write("text.journal", std::string(5000, 'x'))), kData, "no journal");
  EXPECT_ERROR(Journal(folder_.path() / "none/a.journal"), kData, "none/a.lock");
}

TEST_F(JournalTest, AreFoundBelowFolders) {
  folder_.write("b/journals/x.journal", "");
  folder_.write("b/journals/x.ring", "");
  folder_.write("a/y.journal", "");
  EXPECT_THAT(find_journals({folder_.path()}),
              testing::ElementsAre(folder_.path() / "a/y.journal", folder_.path() / "b/journals/x.journal"));
  EXPECT_ERROR(find_journals({folder_.path() / "none"}), kConfig, "there is no such file or folder");
}

}  // namespace
}  // namespace assay::track
