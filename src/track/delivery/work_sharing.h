#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace assay::track {

/// Calls `work(worker, i)` for each i below `count`, in order, each worker in a thread of its own. Once a call returns
/// false or throws, no other begins; what was thrown first is thrown again when all have ended.
template <typename Worker, typename Work>
void share_work(std::vector<Worker>& workers, std::size_t count, const Work& work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr error;
  const auto run = [&](Worker& worker) {
    for (auto i = next++; i < count; i = next++) {
      try {
        if (!work(worker, i)) next = count;
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!error) error = std::current_exception();
        next = count;
      }
    }
  };
  std::vector<std::thread> threads;
  const auto num_threads = std::min(workers.size(), count);
  try {
    for (std::size_t i = 1; i < num_threads; ++i) threads.emplace_back(run, std::ref(workers[i]));
  } catch (const std::system_error&) {
    // There are no more threads to be had: those that there are do the work.
  }
  if (count > 0) run(workers.front());
  for (auto& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace assay::track
