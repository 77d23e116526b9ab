#include "track/journal.h"

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

}  // namespace

Journal::Lock::Lock(const fs::path& journal) {
  const auto path = with_extension(journal, ".lock");
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) {
    throw Error(ErrorKind::kData, fmt::format("cannot make the journal's lock: {}", std::strerror(errno)),
                path.string());
  }
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(file_);
  throw JournalBusy(ErrorKind::kData, "another process has this journal open", journal.string(),
                    "wait until that process has ended");
}

Journal::Lock::~Lock() { ::close(file_); }

Journal::Journal(const fs::path& path) : path_(path), lock_(path), store_(path), ring_(with_extension(path, ".ring")) {
  recover();
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

void Journal::recover() {
  moved_to_ = store_.position();
  move_queue();
  if (moved_to_ < ring_.begin()) {
    spdlog::warn("{}: {} bytes of what was tracked are lost", path_.string(), ring_.begin() - moved_to_);
    moved_to_ = ring_.begin();
    move_queue();
  }
  const auto end = ring_.end();
  if (moved_to_ < end)
    spdlog::warn("{}: the last {} bytes of the queue are damaged and left out", path_.string(), end - moved_to_);
  // From here on both agree again, whichever of them was damaged or is new.
  ring_.restart(std::max<std::uint64_t>(moved_to_, end));
  moved_to_ = ring_.end();
  store_.append({}, moved_to_);
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
