// Opens damaged journals. The first byte chooses what is damaged: the database, its write-ahead log, the queue, or the
// contents of a record in the queue; and how: patched at given places (two bytes each, a third gives the number of
// bytes), or replaced as a whole. Opening and delivering succeed, or throw an assay::Error. Run: scripts/fuzz

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/file.h"
#include "track/journal/journal.h"

namespace {

namespace fs = std::filesystem;
using namespace assay::track;

/// A journal as left by a killed process.
struct Template {
  std::string database;
  std::string wal;
  std::string queue;
};

void write(const fs::path& path, std::string_view bytes) {
  FILE* const file = std::fopen(path.c_str(), "wb");
  std::fwrite(bytes.data(), 1, bytes.size(), file);
  std::fclose(file);
}

std::string read(const fs::path& path) { return fs::exists(path) ? assay::read_file(path) : ""; }

fs::path make_folder() {
  spdlog::set_level(spdlog::level::off);
  auto pattern = std::string(fs::is_directory("/dev/shm") ? "/dev/shm" : "/tmp") + "/assay-fuzz-XXXXXX";
  return ::mkdtemp(pattern.data());
}

void log_some(Journal& journal, std::int64_t run, int count) {
  for (int i = 0; i < count; ++i) {
    journal.log({.run = run, .time_ms = 1000 + i, .step = i, .number = std::sin(i), .key = "loss", .text = ""});
    if (i % 5 == 0) journal.log({.kind = EntryKind::kTag, .run = run, .time_ms = i, .key = "tag", .text = "value"});
  }
  journal.log({.kind = EntryKind::kFile, .run = run, .time_ms = 5, .key = "a/b.pt", .text = "/none/b.pt"});
  const auto dataset = assay::format_json(to_json(DatasetInput{"data", "1", "training", "local", "{}", "", ""}));
  journal.log({.kind = EntryKind::kDataset, .run = run, .time_ms = 5, .key = "data", .text = dataset});
}

Template make_template(const fs::path& folder) {
  const auto path = folder / "a.journal";
  Template made;
  const Ring small(folder / "a.ring", 4096);
  {
    Journal journal(path);
    for (int i = 0; i < 3; ++i) {
      RecordedRun run;
      run.uuid = run.name = "run " + std::to_string(i);
      run.experiment = "experiment";
      run.tags = {{"user", "me"}};
      log_some(journal, journal.store().begin_run(run), 50);
    }
    journal.settle();
  }
  Ring ring(folder / "a.ring", 4096);
  Journal journal(path);
  log_some(journal, 1, 20);
  journal.settle();
  log_some(journal, 2, 5);
  made.queue = read(folder / "a.ring");
  made.database = read(path);
  made.wal = read(path.string() + "-wal");
  return made;
}

void patch(std::string& file, std::string_view patches) {
  while (patches.size() > 3) {
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(patches[i])); };
    const auto at = (byte(0) * 256 + byte(1)) % file.size();
    const auto length = std::min({byte(2) % 32 + 1, patches.size() - 3, file.size() - at});
    file.replace(at, length, patches.substr(3, length));
    patches.remove_prefix(3 + length);
  }
}

void deliver_to_nothing(Journal& journal) {
  auto& store = journal.store();
  for (const auto& run : store.runs()) {
    for (auto waiting = store.next_batch(run.id); !waiting.places.empty(); waiting = store.next_batch(run.id))
      store.mark_delivered(waiting.places);
    for (auto files = store.next_files(run.id, 4); !files.empty(); files = store.next_files(run.id, 4)) {
      for (const auto& file : files) store.mark_file_delivered(file.place, {1, "00"});
    }
    store.last_time_ms(run.id);
    store.count(run.id);
    journal.log({.kind = EntryKind::kEnd, .run = run.id, .time_ms = 9, .key = "KILLED", .text = ""});
    journal.settle();
    store.mark_closed(run.id, "verified");
    while (const auto item = store.next_item(run.id)) {
      if (item->kind == EntryKind::kDataset) dataset_from(item->description);
      if (item->kind == EntryKind::kModel) model_from(item->description);
      store.mark_refused(run.id, {item->place}, "no");
    }
  }
  store.count();
}

void read_back_from_nothing(Journal& journal) {
  auto& store = journal.store();
  for (const auto& run : store.runs()) {
    store.visit_points(run.id, [](const auto&) {});
    store.pairs(run.id, EntryKind::kParam);
    store.delivered_files(run.id);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto folder = make_folder();
  static const auto original = make_template(folder);
  if (size < 1) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto path = folder / "a.journal";
  for (const auto& file : fs::directory_iterator(folder)) fs::remove(file.path());
  auto now = original;
  switch (data[0] % 6) {
    case 0:
      patch(now.database, rest);
      now.wal.clear();
      break;
    case 1:
      patch(now.wal, rest);
      break;
    case 2:
      patch(now.queue, rest);
      break;
    case 3:
      now.database = rest;
      break;
    case 4:
      now.queue = rest;
      break;
    default:
      break;
  }
  write(path, now.database);
  if (!now.wal.empty()) write(path.string() + "-wal", now.wal);
  write(folder / "a.ring", now.queue);
  if (data[0] % 6 == 5) Ring(folder / "a.ring").push(rest.substr(0, 2000));
  try {
    Journal journal(path);
    deliver_to_nothing(journal);
    read_back_from_nothing(journal);
  } catch (const assay::Error&) {
  }
  if (!fs::exists(folder / "a.ring")) write(folder / "a.ring", original.queue);  // a small one
  try {
    // Everything recovered is intact.
    const Journal journal(path);
    if (journal.recovery()) std::abort();
  } catch (const assay::Error&) {
  }
  return 0;
}
