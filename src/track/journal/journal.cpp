#include "track/journal/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "core/stop.h"

namespace assay::track {
namespace {

namespace fs = std::filesystem;

constexpr auto kMoveEvery = std::chrono::milliseconds(50);
constexpr const char* kSuffix = ".journal";

fs::path with_extension(fs::path path, const char* extension) { return path.replace_extension(extension); }

/// Opens a queue; puts a new one in the place of one that cannot be read, and says so in `loss`.
Ring open_ring(const fs::path& path, std::string& loss) {
  try {
    return Ring(path);
  } catch (const DamagedRing&) {
    const auto kept = damaged_name(path);
    fs::rename(path, kept);
    loss = fmt::format("the queue is damaged, and what was not yet moved from it is missing; it is kept as {}",
                       kept.filename().string());
  }
  return Ring(path);
}

}  // namespace

Journal::Lock::Lock(const fs::path& journal) {
  const auto path = with_extension(journal, ".lock");
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) {
    throw Error(ErrorKind::kData, fmt::format("cannot make the journal's lock: {}", std::strerror(errno)),
                path.string());
  }
  if (TEMP_FAILURE_RETRY(::flock(file_, LOCK_EX | LOCK_NB)) == 0) return;
  const int error_number = errno;
  ::close(file_);
  if (error_number != EWOULDBLOCK) {
    throw Error(ErrorKind::kData, fmt::format("cannot lock the journal: {}", std::strerror(error_number)),
                path.string(), "two processes in one journal would destroy it: keep runs on a file system with locks");
  }
  throw JournalBusy(ErrorKind::kData, "another process has this journal open", journal.string(),
                    "wait until that process has ended");
}

Journal::Lock::~Lock() { ::close(file_); }

Journal::Journal(const fs::path& path)
    : path_(path),
      lock_(path),
      store_(open_store(path, recovery_)),
      ring_(open_ring(with_extension(path, ".ring"), loss_)) {
  take_over();
  thread_ = std::thread([this] {
    block_signals();
    work();
  });
}

Journal::~Journal() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  try_to_move();
  // An empty queue would only take space; the next to open the journal makes one.
  std::error_code ignored;
  if (moved_to_ == ring_.end()) fs::remove(with_extension(path_, ".ring"), ignored);
}

// The queue of a process that died is searched whole: also behind damage, and also what was moved into the database but
// was lost there with its write-ahead log.
void Journal::take_over() {
  auto position = store_.position().value_or(ring_.begin());
  if (!ring_.is_new()) {
    const auto num_lost = move_all(position);
    if (num_lost > 0) {
      const auto kept = damaged_name(with_extension(path_, ".ring"));
      fs::copy_file(with_extension(path_, ".ring"), kept);
      loss_ = fmt::format("{} bytes of the queue are damaged or missing (a point takes about 80); it is kept as {}",
                          num_lost, kept.filename().string());
    }
    std::int64_t num_rebuilt = 0;
    store_.mend([&](Database& database) { num_rebuilt = rebuild_runs(database, path_); });
    if (num_rebuilt > 0)
      loss_ +=
          fmt::format("{}{} runs were lost and are called `recovered ...`", loss_.empty() ? "" : "; ", num_rebuilt);
  }
  if (!loss_.empty()) {
    spdlog::warn("{}: {}", path_.string(), loss_);
    tag_runs(store_, loss_);
  }
  // From here on both agree, whichever of them is new.
  ring_.restart(position);
  moved_to_ = ring_.end();
  store_.append({}, moved_to_.load());
}

std::uint64_t Journal::move_all(std::uint64_t& position) {
  std::uint64_t num_lost = 0;
  const auto go_to = [&](std::uint64_t next) {
    if (next > position) num_lost += next - position;
    position = std::max(position, next);
  };
  const auto end = ring_.end();
  go_to(end - std::min<std::uint64_t>(end, ring_.capacity()));
  std::vector<JournalRecord> records;
  while (const auto record = ring_.find(position)) {
    go_to(record->begin);
    if (const auto decoded = decode_record(record->bytes)) records.push_back(*decoded);
    position = record->next;
  }
  go_to(end);
  store_.append(records, position);
  return num_lost;
}

void Journal::log(const JournalRecord& record) {
  thread_local std::string bytes;
  encode_record(record, bytes);
  ASSAY_CHECK(bytes.size() <= ring_.max_record());
  std::unique_lock lock(mutex_);
  while (!ring_.push(bytes)) {
    if (failure_) std::rethrow_exception(failure_);
    ++num_waits_;
    is_hurried_ = true;
    wake_.notify_one();
    moved_.wait_for(lock, std::chrono::seconds(1));
  }
}

void Journal::settle() {
  std::unique_lock lock(mutex_);
  const auto end = ring_.end();
  failure_ = nullptr;
  is_hurried_ = true;
  wake_.notify_one();
  moved_.wait(lock, [&] { return moved_to_ >= end || failure_; });
  if (moved_to_ < end) std::rethrow_exception(failure_);
}

void Journal::work() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    wake_.wait_for(lock, kMoveEvery, [this] { return is_stopping_ || is_hurried_; });
    is_hurried_ = false;
    lock.unlock();
    try_to_move();
    lock.lock();
    moved_.notify_all();
  }
}

void Journal::try_to_move() {
  std::exception_ptr failure;
  try {
    move_queue();
  } catch (const std::exception& error) {
    failure = std::current_exception();
    const std::lock_guard lock(mutex_);
    if (!failure_) spdlog::warn("{}; what is tracked waits in memory and in {}", error.what(), path_.string());
  }
  const std::lock_guard lock(mutex_);
  failure_ = failure;
}

// Where the queue was stored up to is noted in the same transaction, so that after a crash nothing is stored twice.
void Journal::move_queue() {
  auto position = moved_to_.load();
  std::vector<JournalRecord> records;
  while (const auto record = ring_.read(position)) {
    if (const auto decoded = decode_record(record->bytes)) records.push_back(*decoded);
    position = record->next;
  }
  if (position == moved_to_) return;
  store_.append(records, position);
  ring_.release(position);
  moved_to_ = position;
}

std::vector<fs::path> find_journals(const std::vector<fs::path>& places) {
  std::vector<fs::path> found;
  for (const auto& place : places) {
    if (!fs::exists(place)) throw Error(ErrorKind::kConfig, "there is no such file or folder", place.string());
    if (!fs::is_directory(place)) {
      found.push_back(place);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(place)) {
      if (entry.path().extension() == kSuffix) found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace assay::track
