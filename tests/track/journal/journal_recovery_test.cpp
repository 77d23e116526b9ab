#include "track/journal/journal_recovery.h"

#include "core/file.h"
#include "expect_error.h"
#include "killed_process.h"
#include "track/journal/sample_journal.h"

namespace assay::track {
namespace {

namespace fs = std::filesystem;

class JournalRecoveryTest : public SampleJournalTest {};

TEST_F(JournalRecoveryTest, TellsWhatIsMissingAndTagsTheRuns) {
  make_journal_file();
  auto bytes = read_file(path_);
  ++bytes[bytes.find("item 329")];  // stands at place 330
  folder_.write("a.journal", bytes);
  Journal journal(path_);
  ASSERT_TRUE(journal.recovery());
  EXPECT_THAT(journal.recovery()->to_string(),
              testing::AllOf(testing::HasSubstr("1 entries do not match their checksums"),
                             testing::HasSubstr("499 entries recovered, 1 missing (places 330)"),
                             testing::HasSubstr("kept as a.journal.damaged")));
  EXPECT_EQ(read_file(folder_.path() / "a.journal.damaged"), bytes);
  for (const auto& run : journal.store().runs()) {
    std::string tag;
    for (auto waiting = journal.store().next_batch(run.id); !waiting.places.empty();
         waiting = journal.store().next_batch(run.id)) {
      for (const auto& [key, value] : waiting.batch.tags) tag = key == kRecoveredTag ? value : tag;
      journal.store().mark_delivered(waiting.places);
    }
    EXPECT_EQ(tag.empty(), run.is_closed) << run.name << ": what is closed is on the server";
  }
}

TEST_F(JournalRecoveryTest, NeedsNoFirstPage) {
  make_journal_file();
  auto bytes = read_file(path_);
  bytes.replace(0, 4096, 4096, 'x');
  folder_.write("a.journal", bytes);
  const Journal journal(path_);
  ASSERT_TRUE(journal.recovery());
  EXPECT_TRUE(journal.recovery()->is_complete());
  EXPECT_EQ(journal.recovery()->num_recovered, kNumEntries);
}

TEST_F(JournalRecoveryTest, RebuildsLostRuns) {
  make_journal_file();
  auto bytes = read_file(path_);
  bytes.replace(4096, 4096, 4096, '\0');  // the page of the runs
  folder_.write("a.journal", bytes);
  Journal journal(path_);
  ASSERT_TRUE(journal.recovery());
  EXPECT_EQ(journal.recovery()->num_rebuilt_runs, 3);
  EXPECT_EQ(journal.recovery()->num_missing, 0);
  const auto runs = journal.store().runs();
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs[1].name, "recovered 2");
  EXPECT_EQ(runs[1].uuid, "recovered-a-2");
  EXPECT_EQ(runs[1].start_ms, 1'700'000'000'001);
  EXPECT_EQ(journal.store().count().delivered, 0) << "a run that is made anew gets all of its entries";
}

TEST_F(JournalRecoveryTest, LooksUpRunsWhoseDeliveryIsUnsure) {
  make_journal_file();
  auto bytes = read_file(path_);
  ++bytes[bytes.find("0123456789abcdef")];
  folder_.write("a.journal", bytes);
  Journal journal(path_);
  ASSERT_TRUE(journal.recovery());
  EXPECT_EQ(journal.recovery()->num_unsure_runs, 1);
  const auto run = journal.store().runs().at(1);
  EXPECT_EQ(run.name, "run 2");
  EXPECT_EQ(run.server, "");
  EXPECT_TRUE(run.create_tried);
  EXPECT_GT(journal.store().count(2).delivered, 0);
}

TEST_F(JournalRecoveryTest, LeavesOtherFilesAsTheyAre) {
  const auto png = "\x89PNG\r\n" + std::string(9000, 'x');
  folder_.write("a.journal", png);
  EXPECT_ERROR(Journal{path_}, kData, "this is no journal");
  EXPECT_EQ(read_file(path_), png);

  fs::remove(path_);
  Database(path_).execute(
      "PRAGMA user_version=7; CREATE TABLE run(id INTEGER PRIMARY KEY); INSERT INTO run VALUES (1)");
  const auto other = read_file(path_);
  EXPECT_ERROR(Journal{path_}, kData, "a database of format 7 of another program, not a journal of format 1");
  EXPECT_EQ(read_file(path_), other);
  EXPECT_FALSE(fs::exists(path_.string() + ".damaged"));
  EXPECT_FALSE(fs::exists(path_.string() + ".recovered"));
}

TEST_F(JournalRecoveryTest, BeginsAnEmptiedJournalAnew) {
  folder_.write("a.journal", "");
  Journal journal(path_);
  ASSERT_TRUE(journal.recovery());
  EXPECT_THAT(journal.recovery()->to_string(), testing::HasSubstr("it is empty"));
  EXPECT_EQ(journal.store().begin_run(run_number(1)), 1);
}

TEST_F(JournalRecoveryTest, EndsARecoveryThatWasInterrupted) {
  make_journal_file();
  fs::rename(path_, path_.string() + ".recovered");
  folder_.write("a.journal", "damaged");
  folder_.write("a.journal-wal", "of the damaged one");
  std::optional<Recovery> recovery;
  auto store = open_store(path_, recovery);
  EXPECT_EQ(entries(store).size(), static_cast<std::size_t>(kNumEntries));
}

/// Kills a process that has a journal of 500 entries open.
std::int64_t leave_dead_journal(const fs::path& path) {
  return run_until_killed(600, [&](const auto& done) {
    Journal journal(path);
    journal.store().begin_run(run_number(1));
    for (int i = 0;; ++i) {
      auto entry = entry_number(i);
      entry.run = 1;
      if (i < 500) journal.log(to_record(entry));
      if (i == 500) journal.settle();
      done(i);
    }
  });
}

TEST_F(JournalRecoveryTest, TheQueueHoldsWhatALostLogHeld) {
  ASSERT_GE(leave_dead_journal(path_), 600);
  ASSERT_TRUE(fs::remove(path_.string() + "-wal"));
  Journal journal(path_);
  const auto runs = journal.store().runs();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].name, "recovered 1") << "its row was in the log";
  EXPECT_EQ(journal.store().count(1).waiting, 500 + 1 + 1) << "all, the tag and the final status";
}

TEST_F(JournalRecoveryTest, ALogIsReadUpToItsDamage) {
  ASSERT_GE(leave_dead_journal(path_), 600);
  fs::remove(folder_.path() / "a.ring");
  const auto wal = path_.string() + "-wal";
  auto bytes = read_file(wal);
  bytes[bytes.size() - 100] ^= 1;
  folder_.write("a.journal-wal", bytes);
  Journal journal(path_);
  EXPECT_FALSE(journal.recovery()) << "SQLite goes back to the commit before";
  EXPECT_LE(journal.store().count(1).waiting, 500 + 1);
}

TEST_F(JournalRecoveryTest, PutsADamagedQueueAside) {
  ASSERT_GE(leave_dead_journal(path_), 600);
  folder_.write("a.ring", std::string(9000, 'x'));
  Journal journal(path_);
  EXPECT_EQ(journal.store().count(1).waiting, 500 + 1 + 1) << "all, the tag and the final status";
  EXPECT_TRUE(fs::exists(folder_.path() / "a.ring.damaged"));
  journal.log(to_record(entry_number(0)));
  journal.settle();
  EXPECT_EQ(journal.store().count(1).waiting, 501 + 1 + 1);
}

TEST_F(JournalRecoveryTest, ReadsTheQueueBehindItsDamage) {
  ASSERT_GE(leave_dead_journal(path_), 600);
  auto bytes = read_file(folder_.path() / "a.ring");
  ++bytes[bytes.rfind("train/loss", 20'000)];
  folder_.write("a.ring", bytes);
  for (const auto* const suffix : {"", "-wal"}) fs::remove(path_.string() + suffix);
  Journal journal(path_);
  EXPECT_EQ(journal.store().count(1).waiting, 499 + 1 + 1) << "all but one, the tag and the final status";
  EXPECT_EQ(read_file(folder_.path() / "a.ring.damaged"), bytes);
}

}  // namespace
}  // namespace assay::track
