// Damages a journal in many ways: what is delivered afterwards is what was logged, and what is not is told.

#include <fmt/format.h>

#include <random>

#include "core/file.h"
#include "track/journal/journal_recovery.h"
#include "track/journal/sample_journal.h"

namespace assay::track {
namespace {

namespace fs = std::filesystem;

class JournalDamageTest : public SampleJournalTest {
 protected:
  /// Expects that each entry is one that was logged, and settled only if it was.
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
      open_store(path_, recovery);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_FALSE(fs::exists(path_.string() + ".damaged"));
      ++statistic.refused;
      return;
    }
    std::optional<Recovery> again;
    auto store = open_store(path_, again);
    EXPECT_FALSE(again);
    const auto found = entries(store);
    const auto num_lost = kNumEntries - static_cast<int>(found.size());
    ASSERT_NO_FATAL_FAILURE(expect_only_logged(found));
    const auto found_runs = store.runs();
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
  }

  template <typename Damage>
  Statistic damage_many_times(int num_rounds, const Damage& damage) {
    make_journal_file();
    {
      JournalStore store(path_);
      original_ = entries(store);
    }
    const auto healthy = read_file(path_);
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

  std::vector<Entry> original_;
};

TEST_F(JournalDamageTest, SurvivesTruncation) {
  damage_many_times(200, [](std::string& bytes, std::mt19937& random) {
    bytes.resize(random() % bytes.size());
  }).print("truncated");
}

TEST_F(JournalDamageTest, SurvivesFlippedBits) {
  const auto statistic = damage_many_times(500, [](std::string& bytes, std::mt19937& random) {
    bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
  });
  statistic.print("one bit flipped");
  EXPECT_EQ(statistic.refused, 0);
}

TEST_F(JournalDamageTest, SurvivesOverwrittenBytes) {
  damage_many_times(150, [](std::string& bytes, std::mt19937& random) {
    const auto at = random() % (bytes.size() - 16);
    for (std::size_t i = 0; i < 16; ++i) bytes[at + i] = static_cast<char>(random());
  }).print("16 bytes overwritten");
}

}  // namespace
}  // namespace assay::track
