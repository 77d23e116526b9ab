#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "temporary_folder.h"
#include "track/journal/journal.h"

namespace assay::track {

inline constexpr int kNumEntries = 500;

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
           time_ms == other.time_ms &&
           std::bit_cast<std::uint64_t>(number) == std::bit_cast<std::uint64_t>(other.number);
  }
};

/// Makes the entry number `i` of the journal that is to be damaged; its time tells which it is.
inline Entry entry_number(int i) {
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

inline JournalRecord to_record(const Entry& entry) {
  return {entry.kind, entry.run, entry.time_ms, entry.step, entry.number, entry.key, entry.text};
}

inline RecordedRun run_number(int i) {
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

/// Makes a journal with entries of all kinds, and reads what is in one.
class SampleJournalTest : public testing::Test {
 protected:
  /// Makes a journal of three runs: one open, one made on the server and half delivered, one closed.
  void make_journal_file() {
    Journal journal(path_);
    for (int i = 1; i <= 3; ++i) journal.store().begin_run(run_number(i));
    for (int i = 0; i < kNumEntries; ++i) journal.log(to_record(entry_number(i)));
    journal.settle();
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
    for (auto files = store.next_files(3, 1); !files.empty(); files = store.next_files(3, 1))
      store.mark_file_delivered(files[0].place, {123, std::string(64, 'a')});
    for (auto item = store.next_item(3); item; item = store.next_item(3)) store.mark_delivered({item->place});
    store.mark_closed(3, "verified");
  }

  static std::vector<Entry> entries(JournalStore& store) {
    std::vector<Entry> entries;
    store.mend([&](Database& database) {
      auto rows = database.prepare(
          "SELECT run, kind, key, number, text, time_ms, step, state FROM entry WHERE key <> 'assay.recovered'");
      while (rows.next()) {
        entries.push_back({rows.integer(0), static_cast<EntryKind>(rows.integer(1)), rows.text(2), rows.number(3),
                           rows.text(4), rows.integer(5), rows.integer(6), rows.integer(7) == 1});
      }
    });
    return entries;
  }

  // In memory, where there is such a folder: nothing waits for a disk then.
  TemporaryFolder folder_{std::filesystem::is_directory("/dev/shm") ? std::filesystem::path("/dev/shm")
                                                                    : std::filesystem::temp_directory_path()};
  const std::filesystem::path path_ = folder_.path() / "a.journal";
};

}  // namespace assay::track
