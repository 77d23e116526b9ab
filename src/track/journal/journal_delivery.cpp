// What of a journal a server has, refuses, or has lost.

#include "track/journal/journal_format.h"
#include "track/journal/journal_store.h"

namespace assay::track {

void JournalStore::mark_create_tried(std::int64_t run) {
  const std::lock_guard lock(mutex_);
  database_.transact([&] {
    database_.prepare("UPDATE run SET create_tried = 1 WHERE id = ?").bind(run).run();
    seal_delivery(database_, run);
  });
}

void JournalStore::mark_made(const RecordedRun& run) {
  const std::lock_guard lock(mutex_);
  database_.transact([&] {
    database_.prepare("UPDATE run SET server = ?, experiment_id = ?, run_id = ?, artifact_uri = ? WHERE id = ?")
        .bind(run.server)
        .bind(run.experiment_id)
        .bind(run.run_id)
        .bind(run.artifact_uri)
        .bind(run.id)
        .run();
    seal_delivery(database_, run.id);
  });
}

void JournalStore::mark_closed(std::int64_t run, const std::string& verification) {
  const std::lock_guard lock(mutex_);
  database_.transact([&] {
    database_.prepare("UPDATE run SET closed = 1, verification = ? WHERE id = ?").bind(verification).bind(run).run();
    seal_delivery(database_, run);
  });
}

void JournalStore::mark_delivered(const std::vector<std::int64_t>& places) {
  const std::lock_guard lock(mutex_);
  database_.transact([&] { settle(places); });
}

void JournalStore::mark_refused(std::int64_t run, const std::vector<std::int64_t>& places, const std::string& why) {
  const std::lock_guard lock(mutex_);
  auto insert = database_.prepare("INSERT OR IGNORE INTO refused VALUES (?, ?, ?)");
  for (const auto place : places) insert.bind(place).bind(run).bind(why).run();
}

void JournalStore::mark_run_refused(std::int64_t run, const std::string& why) { mark_refused(run, {-run}, why); }

void JournalStore::deliver_again() {
  const auto all = runs();
  const std::lock_guard lock(mutex_);
  database_.transact([&] {
    for (const auto& run : all) deliver_again(run.id);
  });
}

void JournalStore::deliver_again(std::int64_t run) {
  const auto change = [&](const char* sql) { database_.prepare(sql).bind(run).run(); };
  // An experiment without a name is known by the id alone that was asked for.
  change(
      "UPDATE run SET server = '', run_id = '', artifact_uri = '', create_tried = 1, closed = 0, verification = '', "
      "refused = 0, experiment_id = CASE experiment WHEN '' THEN experiment_id ELSE '' END WHERE id = ?");
  change("DELETE FROM upload WHERE place IN (SELECT place FROM entry WHERE run = ?)");
  change("UPDATE entry SET state = 0, checksum = ~checksum WHERE run = ? AND state = 1");
  seal_delivery(database_, run);
}

void JournalStore::reopen_incomplete() {
  const std::lock_guard lock(mutex_);
  database_.transact([&] {
    // Only what was refused has to be tried again; where the server gave something else back, or an earlier version of
    // this program settled what was refused, everything has.
    auto refused = database_.prepare(
        "SELECT id FROM run WHERE closed = 1 AND EXISTS (SELECT 1 FROM entry INDEXED BY waiting WHERE run = run.id AND "
        "state = 0)");
    std::vector<std::int64_t> ids;
    while (refused.next()) ids.push_back(refused.integer(0));
    for (const auto id : ids) {
      database_.prepare("UPDATE run SET closed = 0, verification = '' WHERE id = ?").bind(id).run();
      seal_delivery(database_, id);
    }
    auto different =
        database_.prepare("SELECT id FROM run WHERE refused > 0 OR (closed = 1 AND verification NOT IN ('', ?))");
    different.bind(kVerified);
    ids.clear();
    while (different.next()) ids.push_back(different.integer(0));
    for (const auto id : ids) deliver_again(id);
  });
}

void JournalStore::mark_file_delivered(std::int64_t place, const FileContent& content) {
  const std::lock_guard lock(mutex_);
  database_.transact([&] {
    database_.prepare("INSERT OR REPLACE INTO upload VALUES (?1, ?2, ?3, checksum_of(?1, ?2, ?3))")
        .bind(place)
        .bind(content.size_bytes)
        .bind(content.sha256)
        .run();
    settle({place});
  });
}

void JournalStore::settle(const std::vector<std::int64_t>& places) {
  auto update = database_.prepare("UPDATE entry SET state = 1, checksum = ~checksum WHERE place = ? AND state = 0");
  for (const auto place : places) update.bind(place).run();
}

}  // namespace assay::track
