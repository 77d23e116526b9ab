#include "track/journal_recovery.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <map>
#include <random>

#include "core/file.h"
#include "expect_error.h"
#include "killed_process.h"
#include "temporary_folder.h"
#include "track/journal.h"

namespace assay::track {
namespace {

namespace fs = std::filesystem;

constexpr int kNumEntries = 2000;

/// Is an entry as the database gives it back.
struct Entry {
  std::int64_t run = 0;
  EntryKind kind = EntryKind::kMetric;
  std::string key;
  double number = 0.0;
  std::string text;
  std::int64_t time_ms = 0;
  std::int64_t step = 0;
  bool is_settled = false;

  bool says_the_same_as(const Entry& other) const {
    return run == other.run && kind == other.kind && key == other.key && text == other.text && step == other.step &&
           time_ms == other.time_ms && std::memcmp(&number, &other.number, sizeof number) == 0;
  }
};

/// Makes the entry number `i` of the journal that is to be damaged; its time tells which it is.
Entry entry_number(int i) {
  Entry entry;
  entry.run = 1 + i % 3;
  entry.time_ms = 1'700'000'000'000 + i;
  switch (i % 16) {
    case 3:
      entry.kind = EntryKind::kParam;
      entry.key = fmt::format("param.{}", i);
      entry.text = std::string(static_cast<std::size_t>(i % 300), 'p');
      break;
    case 5:
      entry.kind = EntryKind::kTag;
      entry.key = "note";
      entry.text = fmt::format("täg {}", i);
      break;
    case 7:
      entry.kind = EntryKind::kFile;
      entry.key = fmt::format("files/{}.pt", i);
      entry.text = "/runs/a.pt";
      break;
    case 9:
      entry.kind = i % 32 == 9 ? EntryKind::kDataset : EntryKind::kModel;
      entry.key = fmt::format("item {}", i);
      entry.text = fmt::format(R"({{"name": "item {}"}})", i);
      break;
    default:
      entry.key = i % 2 == 0 ? "train/loss" : "val/accuracy";
      entry.step = i;
      entry.number = i % 50 == 0 ? INFINITY : i % 7 == 0 ? i : std::sin(i);
  }
  return entry;
}

JournalRecord to_record(const Entry& entry) {
  return {entry.kind, entry.run, entry.time_ms, entry.step, entry.number, entry.key, entry.text};
}

RecordedRun run_number(int i) {
  RecordedRun run;
  run.parent = i == 1 ? 0 : 1;
  run.uuid = fmt::format("uuid {}", i);
  run.experiment = "experiment";
  run.name = fmt::format("run {}", i);
  run.start_ms = 1000 + i;
  run.tags = {{"mlflow.user", "ä \"quoted\" user"}};
  run.target = "http://127.0.0.1:5000";
  return run;
}

class JournalRecoveryTest : public testing::Test {
 protected:
  static void fill(Journal& journal, int num_entries) {
    for (int i = 1; i <= 3; ++i) journal.store().begin_run(run_number(i));
    for (int i = 0; i < num_entries; ++i) journal.log(to_record(entry_number(i)));
    journal.settle();
  }

  /// Makes a journal of three runs: one open, one made on the server and half delivered, one closed.
  void make_journal_file() {
    Journal journal(path_);
    fill(journal, kNumEntries);
    auto& store = journal.store();
    auto run = run_number(2);
    run.id = 2;
    run.server = run.target;
    run.experiment_id = "7";
    run.run_id = "0123456789abcdef";
    run.artifact_uri = "mlflow-artifacts:/7/0123456789abcdef/artifacts";
    store.mark_create_tried(2);
    store.mark_made(run);
    store.mark_delivered(store.next_batch(2).places);
    journal.log({.kind = EntryKind::kEnd, .run = 3, .time_ms = 77, .key = "FINISHED"});
    journal.settle();
    for (auto waiting = store.next_batch(3); !waiting.places.empty(); waiting = store.next_batch(3))
      store.mark_delivered(waiting.places);
    for (auto file = store.next_file(3); file; file = store.next_file(3)) store.mark_delivered({file->place});
    for (auto item = store.next_item(3); item; item = store.next_item(3)) store.mark_refused(3, {item->place}, 1, "no");
    store.mark_closed(3);
  }

  std::vector<Entry> entries() const {
    Database database(path_);
    auto rows = database.prepare(
        "SELECT run, kind, key, number, text, time_ms, step, state FROM entry WHERE key <> 'assay.recovered'");
    std::vector<Entry> entries;
    while (rows.next()) {
      entries.push_back({rows.integer(0), static_cast<EntryKind>(rows.integer(1)), rows.text(2), rows.number(3),
                         rows.text(4), rows.integer(5), rows.integer(6), rows.integer(7) == 1});
    }
    return entries;
  }

  std::vector<RecordedRun> runs() const { return JournalStore(path_).runs(); }

  /// Expects that each entry is one that was logged, and settled only if it was; returns how many there are.
  void expect_only_logged(const std::vector<Entry>& found) {
    std::int64_t last = 0;
    for (const auto& entry : found) {
      EXPECT_GT(entry.time_ms, last) << "in their order, none twice";
      last = entry.time_ms;
      const auto i = static_cast<int>(entry.time_ms - 1'700'000'000'000);
      ASSERT_TRUE(entry.says_the_same_as(entry_number(i))) << entry.time_ms;
      if (!original_.empty()) {
        ASSERT_LE(entry.is_settled, original_.at(static_cast<std::size_t>(i)).is_settled) << entry.time_ms;
      }
    }
  }

  void expect_only_begun(const std::vector<RecordedRun>& found) {
    for (const auto& run : found) {
      if (run.name.starts_with("recovered")) continue;
      const auto begun = run_number(static_cast<int>(run.id));
      ASSERT_EQ(run.name, begun.name);
      ASSERT_EQ(run.uuid, begun.uuid);
      ASSERT_EQ(run.tags, begun.tags);
      ASSERT_EQ(run.start_ms, begun.start_ms);
      ASSERT_EQ(run.parent, begun.parent);
      ASSERT_TRUE(run.run_id.empty() || run.run_id == "0123456789abcdef") << run.run_id;
      ASSERT_TRUE(run.id == 3 || (!run.is_closed && !run.status));
    }
  }

  struct Statistic {
    int unnoticed = 0;  ///< nothing that counts was hit
    int whole = 0;      ///< noticed, and all entries recovered
    int partial = 0;
    int refused = 0;  ///< Error
    int num_lost = 0;
    int most_lost = 0;
    int num_rebuilt = 0;  ///< journals of which a run was rebuilt

    void print(const char* what) const {
      fmt::print(
          "{}: {} unnoticed, {} recovered whole, {} in part, {} refused; {} entries lost, at most {}; {} with "
          "rebuilt runs\n",
          what, unnoticed, whole, partial, refused, num_lost, most_lost, num_rebuilt);
    }
  };

  /// Opens a damaged journal twice.
  void open_damaged(Statistic& statistic) {
    std::optional<Recovery> recovery;
    try {
      const Journal journal(path_);
      recovery = journal.recovery();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_FALSE(fs::exists(path_.string() + ".damaged"));
      ++statistic.refused;
      return;
    }
    const auto found = entries();
    const auto num_lost = kNumEntries - static_cast<int>(found.size());
    ASSERT_NO_FATAL_FAILURE(expect_only_logged(found));
    const auto found_runs = runs();
    ASSERT_NO_FATAL_FAILURE(expect_only_begun(found_runs));
    if (!recovery) {
      ++statistic.unnoticed;
      EXPECT_EQ(num_lost, 0);
      EXPECT_EQ(found_runs.size(), 3U);
    } else {
      ++(num_lost == 0 ? statistic.whole : statistic.partial);
      statistic.num_lost += num_lost;
      statistic.most_lost = std::max(statistic.most_lost, num_lost);
      statistic.num_rebuilt += recovery->num_rebuilt_runs > 0 ? 1 : 0;
      EXPECT_EQ(recovery->num_recovered, static_cast<std::int64_t>(found.size()));
      EXPECT_LE(recovery->num_missing, num_lost);
      EXPECT_TRUE(!recovery->is_end_known || recovery->num_missing == num_lost) << recovery->to_string();
    }
    const Journal again(path_);
    EXPECT_FALSE(again.recovery());
  }

  template <typename Damage>
  Statistic damage_many_times(int num_rounds, const Damage& damage) {
    make_journal_file();
    original_ = entries();
    const auto healthy = read_file(path_);
    fmt::print("{} bytes\n", healthy.size());
    std::mt19937 random(11);
    Statistic statistic;
    for (int round = 0; round < num_rounds; ++round) {
      for (const auto& file : fs::directory_iterator(folder_.path())) fs::remove(file.path());
      auto bytes = healthy;
      damage(bytes, random);
      folder_.write("a.journal", bytes);
      open_damaged(statistic);
      if (HasFatalFailure() || HasNonfatalFailure()) {
        ADD_FAILURE() << "in round " << round;
        break;
      }
    }
    return statistic;
  }

  TemporaryFolder folder_;
  const fs::path path_ = folder_.path() / "a.journal";
  std::vector<Entry> original_;
};

TEST_F(JournalRecoveryTest, SurvivesTruncation) {
  damage_many_times(200, [](std::string& bytes, std::mt19937& random) {
    bytes.resize(random() % bytes.size());
  }).print("truncated");
}

TEST_F(JournalRecoveryTest, SurvivesFlippedBits) {
  const auto statistic = damage_many_times(500, [](std::string& bytes, std::mt19937& random) {
    bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
  });
  statistic.print("one bit flipped");
  EXPECT_EQ(statistic.refused, 0);
}

TEST_F(JournalRecoveryTest, SurvivesOverwrittenBytes) {
  damage_many_times(150, [](std::string& bytes, std::mt19937& random) {
    const auto at = random() % (bytes.size() - 16);
    for (std::size_t i = 0; i < 16; ++i) bytes[at + i] = static_cast<char>(random());
  }).print("16 bytes overwritten");
}

}  // namespace
}  // namespace assay::track
