#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace assay::data {

/// Computes produce(first), ..., produce(count - 1) ahead of their use and hands them out in order, so that the number
/// of workers changes nothing but the speed. At most 2 * num_workers results wait at a time; with no worker each is
/// computed when it is asked for.
template <typename T>
class Prefetcher {
 public:
  Prefetcher(std::int64_t first, std::int64_t count, std::int64_t num_workers, std::function<T(std::int64_t)> produce)
      : count_(count), ahead_(2 * num_workers), produce_(std::move(produce)), next_in_(first), next_out_(first) {
    try {
      for (std::int64_t i = 0; i < num_workers; ++i) workers_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      // The system has no more threads: those that there are do the work, or the caller.
    }
  }

  ~Prefetcher() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    for (auto& worker : workers_) worker.join();
  }

  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// Returns the next result, or nothing after the last.
  /// Errors: whatever `produce` threw for it.
  std::optional<T> next() {
    if (next_out_ >= count_) return std::nullopt;
    if (workers_.empty()) return produce_(next_out_++);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready_.contains(next_out_); });
    Result result = std::move(ready_.extract(next_out_).mapped());
    ++next_out_;
    lock.unlock();
    changed_.notify_all();
    if (result.failure) std::rethrow_exception(result.failure);
    return std::move(result.value);
  }

 private:
  struct Result {
    std::optional<T> value;
    std::exception_ptr failure;
  };

  void work() {
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopped_ || next_in_ >= count_ || next_in_ < next_out_ + ahead_; });
      if (stopped_ || next_in_ >= count_) return;
      const std::int64_t place = next_in_++;
      lock.unlock();
      Result result;
      try {
        result.value = produce_(place);
      } catch (...) {
        result.failure = std::current_exception();
      }
      lock.lock();
      ready_.emplace(place, std::move(result));
      lock.unlock();
      changed_.notify_all();
    }
  }

  const std::int64_t count_;
  const std::int64_t ahead_;
  const std::function<T(std::int64_t)> produce_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t next_in_;
  std::int64_t next_out_;
  bool stopped_ = false;
  std::map<std::int64_t, Result> ready_;
  std::vector<std::thread> workers_;
};

}  // namespace assay::data
