#include "track/journal/journal_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "track/journal/journal_format.h"

namespace assay::track {
namespace {

RunStatus status_from(const std::string& text) {
  for (const auto status : {RunStatus::kFinished, RunStatus::kFailed, RunStatus::kKilled}) {
    if (text == to_string(status)) return status;
  }
  throw Error(ErrorKind::kData, fmt::format("journal: \"{}\" is no status of a run", text));
}

std::filesystem::path record_folder_of(const std::filesystem::path& journal) {
  return std::filesystem::absolute(journal).lexically_normal().parent_path().parent_path();
}

Json to_json(const std::vector<KeyValue>& pairs) {
  auto list = Json::array();
  for (const auto& [key, value] : pairs) list.push_back({key, value});
  return list;
}

}  // namespace

JournalStore::JournalStore(const std::filesystem::path& path)
    : path_(path), record_folder_(record_folder_of(path)), database_(path) {
  const auto damaged = [&](const std::string& what) { return DamagedDatabase(ErrorKind::kData, what, path.string()); };
  if (is_no_journal_yet(path)) {
    make_journal(database_);
  } else {
    if (!has_journal_header(path)) throw damaged("its header is not that of a journal");
    if (const auto damage = find_damage(database_); !damage.empty()) throw damaged(damage);
  }
  database_.use_wal();
  database_.execute("PRAGMA temp_store=MEMORY");
  // Goes with the connection. The place of a run itself is its negative id.
  database_.execute("CREATE TEMP TABLE refused(place INTEGER PRIMARY KEY, run INTEGER NOT NULL, why TEXT NOT NULL)");
}

std::int64_t JournalStore::begin_run(const RecordedRun& run) {
  const std::lock_guard lock(mutex_);
  std::int64_t id = 0;
  database_.transact([&] {
    database_
        .prepare(fmt::format("INSERT INTO run({}, checksum, experiment_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
                             kRunColumns))
        .bind(run.parent)
        .bind(run.uuid)
        .bind(run.experiment)
        .bind(run.name)
        .bind(run.start_ms)
        .bind(format_json(to_json(run.tags)))
        .bind(run.target)
        .bind(run.resume_id)
        .bind(run.experiment_id)
        .run();
    id = database_.last_row();
    seal_new_run(database_, id);
    auto counts = read_counts(database_).value();
    ++counts.num_runs;
    write_counts(database_, counts);
  });
  return id;
}

void JournalStore::append(const std::vector<JournalRecord>& records, std::optional<std::uint64_t> position) {
  const std::lock_guard lock(mutex_);
  auto insert = database_.prepare(
      "INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, checksum_of(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8), 0)");
  auto end = database_.prepare("UPDATE run SET status = ?, end_ms = ? WHERE id = ? AND status = ''");
  database_.transact([&] {
    auto counts = read_counts(database_).value();
    for (const auto& record : records) {
      if (record.kind == EntryKind::kEnd) {
        end.bind(record.key).bind(record.time_ms).bind(record.run).run();
        seal_delivery(database_, record.run);
        continue;
      }
      insert.bind(++counts.num_entries)
          .bind(record.run)
          .bind(static_cast<std::int64_t>(record.kind))
          .bind(record.key)
          .bind(record.number)
          .bind(record.text)
          .bind(record.time_ms)
          .bind(record.step)
          .run();
    }
    if (position) counts.position = static_cast<std::int64_t>(*position);
    write_counts(database_, counts);
  });
}

std::optional<std::uint64_t> JournalStore::position() {
  const std::lock_guard lock(mutex_);
  const auto counts = read_counts(database_);
  if (!counts || counts->position < 0) return std::nullopt;
  return static_cast<std::uint64_t>(counts->position);
}

void JournalStore::mend(const std::function<void(Database&)>& work) {
  const std::lock_guard lock(mutex_);
  database_.transact([&] { work(database_); });
}

std::vector<RecordedRun> JournalStore::runs() {
  const std::lock_guard lock(mutex_);
  std::vector<RecordedRun> runs;
  auto rows = database_.prepare(
      "SELECT id, parent, uuid, experiment, name, start_ms, tags, status, end_ms, server, experiment_id, run_id, "
      "artifact_uri, create_tried, closed, target, verification, resume_id, -id IN (SELECT place FROM refused) "
      "FROM run ORDER BY id");
  while (rows.next()) {
    RecordedRun run;
    run.id = rows.integer(0);
    run.parent = rows.integer(1);
    run.uuid = rows.text(2);
    run.experiment = rows.text(3);
    run.name = rows.text(4);
    run.start_ms = rows.integer(5);
    for (const auto& tag : parse_json(rows.text(6), path_.string())) run.tags.emplace_back(tag.at(0), tag.at(1));
    if (const auto status = rows.text(7); !status.empty()) run.status = status_from(status);
    run.end_ms = rows.integer(8);
    run.server = rows.text(9);
    run.experiment_id = rows.text(10);
    run.run_id = rows.text(11);
    run.artifact_uri = rows.text(12);
    run.create_tried = rows.integer(13) != 0;
    run.is_closed = rows.integer(14) != 0;
    run.target = rows.text(15);
    run.verification = rows.text(16);
    run.resume_id = rows.text(17);
    run.is_refused = rows.integer(18) != 0;
    runs.push_back(std::move(run));
  }
  return runs;
}

Waiting JournalStore::next_batch(std::int64_t run, std::size_t max) {
  const std::lock_guard lock(mutex_);
  auto rows = database_.prepare(
      "SELECT place, kind, key, number, text, time_ms, step FROM entry INDEXED BY waiting "
      "WHERE run = ? AND state = 0 AND kind <= 2 AND place NOT IN (SELECT place FROM refused) ORDER BY place LIMIT ?");
  rows.bind(run).bind(static_cast<std::int64_t>(max));
  Waiting waiting;
  std::size_t num_bytes = 0;
  while (rows.next()) {
    const auto kind = static_cast<EntryKind>(rows.integer(1));
    auto& batch = waiting.batch;
    if (kind == EntryKind::kMetric) {
      batch.metrics.push_back({rows.text(2), rows.number(3), rows.integer(5), rows.integer(6)});
      num_bytes += wire_bytes(batch.metrics.back());
    } else {
      auto& pairs = kind == EntryKind::kParam ? batch.params : batch.tags;
      const KeyValue pair{rows.text(2), rows.text(4)};
      num_bytes += wire_bytes(pair);
      const auto same =
          std::find_if(pairs.begin(), pairs.end(), [&](const auto& one) { return one.first == pair.first; });
      if (same != pairs.end()) {
        same->second = pair.second;  // only tags are set anew
      } else {
        pairs.push_back(pair);
      }
    }
    waiting.places.push_back(rows.integer(0));
    const bool is_full = batch.params.size() >= kMaxBatchParams || batch.tags.size() >= kMaxBatchTags;
    constexpr std::size_t kLargestPair = 100'000;
    if (is_full || num_bytes + kLargestPair > kMaxBatchBytes) break;
  }
  return waiting;
}

std::vector<WaitingFile> JournalStore::next_files(std::int64_t run, std::size_t max) {
  auto files = waiting_files(run, max);
  if (files.empty()) return files;  // each look of a sender comes here: what was delivered is a scan of the run
  const auto delivered = delivered_files(run);
  for (auto& file : files) {
    const auto before = delivered.find(file.path);
    if (before != delivered.end()) file.delivered = before->second;
  }
  return files;
}

std::vector<WaitingFile> JournalStore::waiting_files(std::int64_t run, std::size_t max) {
  const std::lock_guard lock(mutex_);
  auto rows = database_.prepare(
      "SELECT place, text, key FROM entry INDEXED BY waiting WHERE run = ? AND state = 0 AND kind = 3 "
      "AND place NOT IN (SELECT place FROM refused) ORDER BY place LIMIT ?");
  rows.bind(run).bind(static_cast<std::int64_t>(max));
  std::vector<WaitingFile> files;
  std::set<std::string> paths;
  while (rows.next() && paths.insert(rows.text(2)).second)
    files.push_back({rows.integer(0), locate(rows.text(1)), rows.text(2)});
  return files;
}

LocalFile JournalStore::locate(const std::filesystem::path& file) const {
  return file.is_absolute() ? LocalFile(file) : LocalFile(record_folder_ / file, record_folder_);
}

std::optional<WaitingItem> JournalStore::next_item(std::int64_t run) {
  const std::lock_guard lock(mutex_);
  auto rows = database_.prepare(
      "SELECT place, kind, key, text FROM entry INDEXED BY waiting WHERE run = ? AND state = 0 AND kind >= 5 "
      "AND place NOT IN (SELECT place FROM refused) ORDER BY place LIMIT 1");
  rows.bind(run);
  if (!rows.next()) return std::nullopt;
  WaitingItem item{rows.integer(0),
                   static_cast<EntryKind>(rows.integer(1)),
                   rows.text(2),
                   parse_json(rows.text(3), path_.string()),
                   {}};
  const auto found = item.description.is_object() ? item.description.find("folder") : item.description.end();
  if (found == item.description.end() || !found->is_string()) return item;
  const auto folder = locate(found->get<std::string>());
  *found = folder.path.string();
  item.root = folder.root.empty() ? folder.path : folder.root;
  return item;
}

void JournalStore::visit_points(std::int64_t run, const std::function<void(const Metric&)>& visit) {
  const std::lock_guard lock(mutex_);
  auto rows =
      database_.prepare("SELECT key, number, time_ms, step FROM entry WHERE run = ? AND kind = 0 ORDER BY place");
  rows.bind(run);
  while (rows.next()) visit({rows.text(0), rows.number(1), rows.integer(2), rows.integer(3)});
}

std::map<std::string, std::string> JournalStore::pairs(std::int64_t run, EntryKind kind) {
  const std::lock_guard lock(mutex_);
  auto rows = database_.prepare("SELECT key, text FROM entry WHERE run = ? AND kind = ? ORDER BY place");
  rows.bind(run).bind(static_cast<std::int64_t>(kind));
  std::map<std::string, std::string> pairs;
  while (rows.next()) pairs[rows.text(0)] = rows.text(1);
  return pairs;
}

std::map<std::string, FileContent> JournalStore::delivered_files(std::int64_t run) {
  const std::lock_guard lock(mutex_);
  auto rows = database_.prepare(
      "SELECT key, size_bytes, sha256 FROM entry JOIN upload USING (place) WHERE run = ? AND kind = 3 AND "
      "upload.checksum = checksum_of(place, size_bytes, sha256) ORDER BY place");
  rows.bind(run);
  std::map<std::string, FileContent> files;
  while (rows.next()) files[rows.text(0)] = {rows.integer(1), rows.text(2)};
  return files;
}

JournalStore::Counts JournalStore::count(std::int64_t run) {
  const std::lock_guard lock(mutex_);
  auto rows = database_.prepare(
      "SELECT (SELECT COUNT(*) FROM entry INDEXED BY waiting WHERE run = run.id AND state = 0) + 1 - closed, "
      "(SELECT COUNT(*) FROM entry WHERE entry.run = run.id AND state = 1) + closed, "
      "(SELECT COUNT(*) FROM refused WHERE run = run.id), -id IN (SELECT place FROM refused), "
      "(SELECT why FROM refused WHERE run = run.id ORDER BY place LIMIT 1) FROM run WHERE id = ?");
  rows.bind(run);
  if (!rows.next()) return {};
  const auto undelivered = rows.integer(0);
  const bool is_run_refused = rows.integer(3) != 0;
  const auto refused = is_run_refused ? undelivered : rows.integer(2);
  return {undelivered - refused, rows.integer(1), refused, rows.text(4)};
}

JournalStore::Counts JournalStore::count() {
  Counts all;
  for (const auto& run : runs()) {
    const auto one = count(run.id);
    all.waiting += one.waiting;
    all.delivered += one.delivered;
    all.refused += one.refused;
    if (all.first_refusal.empty()) all.first_refusal = one.first_refusal;
  }
  return all;
}

std::int64_t JournalStore::num_waiting() {
  const std::lock_guard lock(mutex_);
  auto row = database_.prepare(
      "SELECT (SELECT COUNT(*) FROM entry INDEXED BY waiting WHERE state = 0 AND place NOT IN (SELECT place FROM "
      "refused) AND -run NOT IN (SELECT place FROM refused)) + "
      "(SELECT COUNT(*) FROM run WHERE closed = 0 AND -id NOT IN (SELECT place FROM refused))");
  return row.next() ? row.integer(0) : 0;
}

std::int64_t JournalStore::last_time_ms(std::int64_t run) {
  const std::lock_guard lock(mutex_);
  auto rows = database_.prepare(
      "SELECT MAX(start_ms, IFNULL((SELECT MAX(time_ms) FROM entry WHERE entry.run = run.id), 0)) FROM run WHERE id = "
      "?");
  rows.bind(run);
  return rows.next() ? rows.integer(0) : 0;
}

}  // namespace assay::track
