#include "track/journal/journal_recovery.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "core/clock.h"
#include "core/file.h"
#include "track/journal/journal_format.h"

namespace assay::track {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPage = 4096;

fs::path with_suffix(fs::path path, const char* suffix) { return path += suffix; }

std::uintmax_t size_of(const fs::path& path) {
  std::error_code code;
  const auto size = fs::file_size(path, code);
  return code ? 0 : size;
}

/// A copy of a damaged database and its log, which SQLite may change; with a sound first page if one is given.
/// That page holds the same in all journals, but without it SQLite reads nothing.
class Image {
 public:
  Image(const fs::path& journal, const std::string& first_page) : path_(with_suffix(journal, ".image")) {
    remove();
    if (fs::exists(journal)) fs::copy_file(journal, path_);
    if (size_of(wal_of(journal)) > 0) fs::copy_file(wal_of(journal), wal_of(path_));
    if (first_page.empty()) return;
    { const std::ofstream made_if_missing(path_, std::ios::binary | std::ios::app); }
    std::fstream(path_, std::ios::binary | std::ios::in | std::ios::out) << first_page;
  }
  ~Image() { remove(); }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  const fs::path& path() const { return path_; }

 private:
  void remove() const {
    std::error_code ignored;
    for (const auto* const suffix : {"", "-wal", "-shm", "-journal"}) fs::remove(with_suffix(path_, suffix), ignored);
  }

  fs::path path_;
};

/// Collects the sound rows of several images, and makes a journal of them.
class Salvage {
 public:
  Salvage(const fs::path& target, const fs::path& journal);

  /// Returns the first page of an empty journal.
  const std::string& first_page() const { return first_page_; }

  void read(const Image& image);
  bool is_empty();

  /// Fills the target.
  void write(Recovery& recovery);

 private:
  void copy(const std::string& table, const std::string& select, std::int64_t last);
  void list_missing(Recovery& recovery);

  fs::path journal_;
  Database database_;
  std::string first_page_;
  std::int64_t most_rows_;  ///< that fit into the damaged files
  int num_images_ = 0;
  std::optional<JournalCounts> counts_;
};

Salvage::Salvage(const fs::path& target, const fs::path& journal) : journal_(journal), database_(target) {
  make_journal(database_);
  first_page_ = read_file(target).substr(0, kPage);
  std::fill_n(first_page_.begin() + 18, 2, '\2');    // in WAL mode, so that the log is read
  std::fill_n(first_page_.begin() + 92, 4, '\xff');  // SQLite takes the number of pages from the file's size then
  constexpr std::uintmax_t kSmallestRow = 10;
  most_rows_ = static_cast<std::int64_t>((size_of(journal) + size_of(wal_of(journal))) / kSmallestRow);
  database_.execute(fmt::format("CREATE TEMP TABLE found_run(id INTEGER PRIMARY KEY, {}, {}, is_sure)", kRunColumns,
                                kDeliveryColumns));
  database_.execute(
      fmt::format("CREATE TEMP TABLE found_entry(place INTEGER PRIMARY KEY, {}, is_settled)", kEntryColumns));
}

void Salvage::read(const Image& image) {
  const auto name = fmt::format("image{}", num_images_++);
  try {
    database_.prepare(fmt::format("ATTACH ? AS {}", name)).bind(image.path().string()).run();
    if (const auto counts = read_counts(database_, name); counts && !counts_) counts_ = counts;
  } catch (const DamagedDatabase&) {
    // What else can be read will show.
  }
  const auto last_run = counts_ ? counts_->num_runs : most_rows_;
  copy("found_run",
       fmt::format("SELECT id, {0}, {1}, delivery_checksum IS checksum_of(id, {1}) FROM {2}.run "
                   "WHERE id BETWEEN ? AND ? AND checksum IS checksum_of(id, {0})",
                   kRunColumns, kDeliveryColumns, name),
       last_run);
  copy("found_entry",
       fmt::format("SELECT place, {0}, checksum IS NOT checksum_of(place, {0}) FROM {1}.entry "
                   "WHERE place BETWEEN ? AND ? AND checksum_of(place, {0}) IN (checksum, ~checksum)",
                   kEntryColumns, name),
       counts_ ? counts_->num_entries : most_rows_);
}

// Goes in small ranges, and row by row in those that are not whole, so that damage costs no more than what it hit.
void Salvage::copy(const std::string& table, const std::string& select, std::int64_t last) {
  constexpr std::int64_t kRange = 64;
  const auto key = table == "found_run" ? "id" : "place";
  try {
    auto count = database_.prepare(fmt::format("SELECT COUNT(*) FROM {} WHERE {} BETWEEN ? AND ?", table, key));
    auto insert = database_.prepare(fmt::format("INSERT OR IGNORE INTO {} {}", table, select));
    const auto is_whole = [&](std::int64_t from, std::int64_t to) {
      count.bind(from).bind(to).next();
      const auto num_rows = count.integer(0);
      count.next();
      return num_rows == to - from + 1;
    };
    const auto try_insert = [&](std::int64_t from, std::int64_t to) {
      try {
        insert.bind(from).bind(to).run();
      } catch (const DamagedDatabase&) {
        // Left out.
      }
    };
    for (std::int64_t from = 1; from <= last; from += kRange) {
      const auto to = std::min(last, from + kRange - 1);
      if (is_whole(from, to)) continue;
      try_insert(from, to);
      if (is_whole(from, to)) continue;
      for (auto one = from; one <= to; ++one) try_insert(one, one);
    }
  } catch (const DamagedDatabase&) {
    // The table cannot even be found.
  }
}

bool Salvage::is_empty() {
  auto row = database_.prepare("SELECT EXISTS (SELECT 1 FROM found_run) OR EXISTS (SELECT 1 FROM found_entry)");
  return row.next() && row.integer(0) == 0 && !counts_;
}

void Salvage::list_missing(Recovery& recovery) {
  std::int64_t next = 1;
  int num_listed = 0;
  const auto miss_up_to = [&](std::int64_t end) {
    if (next >= end) return;
    recovery.num_missing += end - next;
    constexpr int kMaxListed = 20;
    if (++num_listed > kMaxListed) return;
    if (num_listed > 1) recovery.missing += ", ";
    recovery.missing += num_listed == kMaxListed ? "..."
                        : end - next == 1        ? std::to_string(next)
                                                 : fmt::format("{}-{}", next, end - 1);
  };
  auto places = database_.prepare("SELECT place FROM found_entry ORDER BY place");
  while (places.next()) {
    miss_up_to(places.integer(0));
    next = places.integer(0) + 1;
    ++recovery.num_recovered;
  }
  recovery.is_end_known = counts_.has_value();
  if (counts_) miss_up_to(counts_->num_entries + 1);
}

void Salvage::write(Recovery& recovery) {
  list_missing(recovery);
  database_.transact([&] {
    database_.execute(
        fmt::format("INSERT INTO run(id, {0}, checksum, {1}) "
                    "SELECT id, {0}, checksum_of(id, {0}), {1} FROM found_run WHERE is_sure",
                    kRunColumns, kDeliveryColumns));
    // What became of the others is found out by their uuids.
    database_.execute(fmt::format(
        "INSERT INTO run(id, {0}, checksum, create_tried, status) SELECT id, {0}, checksum_of(id, {0}), 1, "
        "CASE WHEN status IN ('FINISHED', 'FAILED', 'KILLED') THEN status ELSE '' END FROM found_run WHERE NOT is_sure",
        kRunColumns));
    recovery.num_unsure_runs = database_.num_changed();
    // A run that has to be made anew gets all of its entries.
    database_.execute(fmt::format(
        "INSERT INTO entry SELECT place, {0}, CASE is_settled WHEN 0 THEN checksum_of(place, {0}) ELSE "
        "~checksum_of(place, {0}) END, is_settled FROM (SELECT row_number() OVER (ORDER BY place) AS place, {0}, "
        "is_settled AND run IN (SELECT id FROM run) AS is_settled FROM found_entry)",
        kEntryColumns));
    auto counts = counts_.value_or(JournalCounts{-1, 0, 0});
    counts.num_entries = recovery.num_recovered;
    write_counts(database_, counts);
    recovery.num_rebuilt_runs = rebuild_runs(database_, journal_);
    database_.execute(
        "UPDATE run SET end_ms = (SELECT MAX(run.start_ms, IFNULL(MAX(time_ms), 0)) FROM entry WHERE run = run.id) "
        "WHERE id IN (SELECT id FROM found_run WHERE NOT is_sure) AND status <> ''");
    auto runs = database_.prepare("SELECT id FROM run");
    while (runs.next()) seal_delivery(database_, runs.integer(0));
  });
}

/// Brings a recovery to its end whose result lies ready.
void put_in_place(const fs::path& path) {
  const auto recovered = with_suffix(path, ".recovered");
  if (!fs::exists(recovered)) return;
  fs::remove(wal_of(path));
  fs::rename(recovered, path);
}

[[noreturn]] void refuse(const fs::path& path) {
  throw Error(ErrorKind::kData, fmt::format("{}, and nothing in it can be read as a journal", describe_header(path)),
              path.string(), "it stays as it is; a journal of another format is delivered by the Assay that wrote it");
}

/// Keeps a damaged journal and its log under other names.
fs::path keep(const fs::path& path) {
  auto kept = damaged_name(path);
  if (size_of(wal_of(path)) > 0) fs::copy_file(wal_of(path), wal_of(kept));
  write_file_atomically(kept, [&](const fs::path& copy) {
    if (fs::exists(path)) fs::copy_file(path, copy);
  });
  return kept;
}

Recovery recover(const fs::path& path, const Error& damage) {
  Recovery recovery;
  recovery.damage = damage.message();
  write_file_atomically(with_suffix(path, ".recovered"), [&](const fs::path& target) {
    {
      Salvage salvage(target, path);
      salvage.read(Image(path, ""));
      salvage.read(Image(path, salvage.first_page()));
      if (salvage.is_empty() && !resembles_journal(path)) refuse(path);
      recovery.kept = keep(path);
      salvage.write(recovery);
    }
    if (recovery.is_complete() && recovery.num_unsure_runs == 0) return;
    JournalStore store(target);
    tag_runs(store, recovery.to_string());
  });
  put_in_place(path);
  return recovery;
}

std::string first_text(Database& database, const char* column) {
  auto row = database.prepare(fmt::format("SELECT {} FROM run ORDER BY id LIMIT 1", column));
  return row.next() ? row.text(0) : "";
}

}  // namespace

std::string Recovery::to_string() const {
  auto text = fmt::format("the journal is damaged ({}): {} entries recovered, {} missing", damage, num_recovered,
                          is_end_known ? fmt::format("{}", num_missing) : fmt::format("at least {}", num_missing));
  if (num_missing > 0) text += fmt::format(" (places {})", missing);
  if (num_rebuilt_runs > 0) text += fmt::format(", {} runs rebuilt under the name `recovered ...`", num_rebuilt_runs);
  if (num_unsure_runs > 0) text += fmt::format(", {} runs to be looked up on the server", num_unsure_runs);
  return kept.empty() ? text : fmt::format("{}; the damaged file is kept as {}", text, kept.filename().string());
}

JournalStore open_store(const fs::path& path, std::optional<Recovery>& recovery) {
  put_in_place(path);
  if (fs::exists(path) && is_no_journal_yet(path)) {
    recovery.emplace();
    recovery->damage = "it is empty";
    recovery->is_end_known = false;
  } else {
    try {
      return JournalStore(path);
    } catch (const DamagedDatabase& damage) {
      recovery = recover(path, damage);
    }
  }
  spdlog::warn("{}: {}", path.string(), recovery->to_string());
  return JournalStore(path);
}

std::int64_t rebuild_runs(Database& database, const fs::path& journal) {
  constexpr std::int64_t kMostRuns = 100'000;
  auto counts = read_counts(database).value();
  auto lost = database.prepare(
      "WITH RECURSIVE number(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM number WHERE id < ?1) "
      "SELECT id, ?2 FROM number WHERE id <= ?1 AND id NOT IN (SELECT id FROM run) "
      "UNION SELECT run, MIN(time_ms) FROM entry WHERE run NOT IN (SELECT id FROM run) GROUP BY run");
  lost.bind(std::min(counts.num_runs, kMostRuns)).bind(wall_clock_ms());
  auto experiment = first_text(database, "experiment");
  if (experiment.empty()) experiment = journal.parent_path().parent_path().parent_path().filename().string();
  if (experiment.empty()) experiment = "recovered";
  const auto target = first_text(database, "target");
  std::map<std::int64_t, std::int64_t> start_ms;
  while (lost.next()) {
    const auto [place, is_new] = start_ms.emplace(lost.integer(0), lost.integer(1));
    if (!is_new) place->second = std::min(place->second, lost.integer(1));
  }
  auto insert = database.prepare(
      fmt::format("INSERT INTO run(id, {}, checksum) VALUES (?, 0, ?, ?, ?, ?, '[]', ?, '', 0)", kRunColumns));
  for (const auto& [id, start] : start_ms) {
    insert.bind(id)
        .bind(fmt::format("recovered-{}-{}", journal.stem().string(), id))
        .bind(experiment)
        .bind(fmt::format("recovered {}", id))
        .bind(start)
        .bind(target)
        .run();
    seal_new_run(database, id);
  }
  auto row = database.prepare("SELECT COUNT(*) FROM run");
  row.next();
  counts.num_runs = row.integer(0);
  write_counts(database, counts);
  return static_cast<std::int64_t>(start_ms.size());
}

void tag_runs(JournalStore& store, const std::string& loss) {
  std::vector<JournalRecord> tags;
  for (const auto& run : store.runs()) {
    if (run.is_closed) continue;
    tags.push_back({.kind = EntryKind::kTag,
                    .run = run.id,
                    .time_ms = store.last_time_ms(run.id),
                    .key = kRecoveredTag,
                    .text = loss});
  }
  store.append(tags, std::nullopt);
}

fs::path damaged_name(const fs::path& path) {
  auto name = with_suffix(path, ".damaged");
  for (int number = 2; fs::exists(name) || fs::exists(wal_of(name)); ++number)
    name = with_suffix(path, fmt::format(".damaged{}", number).c_str());
  return name;
}

}  // namespace assay::track
