#include "track/delivery/work_sharing.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <numeric>
#include <set>
#include <stdexcept>

namespace assay::track {
namespace {

TEST(WorkSharingTest, DoesEachThingOnceWithWorkersInThreadsOfTheirOwn) {
  struct Worker {
    std::set<std::thread::id> threads;
    std::vector<std::size_t> done;
  };
  std::vector<Worker> workers(3);
  share_work(workers, 500, [](Worker& worker, std::size_t i) {
    worker.threads.insert(std::this_thread::get_id());
    worker.done.push_back(i);
    return true;
  });
  std::multiset<std::size_t> all;
  for (const auto& worker : workers) {
    EXPECT_LE(worker.threads.size(), 1U);
    all.insert(worker.done.begin(), worker.done.end());
  }
  EXPECT_EQ(all.size(), 500U);
  EXPECT_EQ(*all.rbegin(), 499U);
  share_work(workers, 0, [](Worker&, std::size_t) -> bool { throw std::logic_error("there is nothing to do"); });
}

TEST(WorkSharingTest, EndsEarlyWhenTold) {
  std::vector<int> workers(1);
  std::size_t last = 0;
  share_work(workers, 10, [&](int, std::size_t i) {
    last = i;
    return i < 4;
  });
  EXPECT_EQ(last, 4U);
}

TEST(WorkSharingTest, ThrowsWhatAThreadThrew) {
  std::vector<int> workers(4);
  EXPECT_THROW(share_work(workers, 10, [](int, std::size_t) -> bool { throw std::runtime_error("full"); }),
               std::runtime_error);
}

// In a process of its own, whose address space has no room for another thread's stack.
TEST(WorkSharingTest, WorksWithoutTheThreadsThatTheSystemRefuses) {
  const auto pid = ::fork();
  if (pid == 0) {
    std::vector<int> done(4);
    const rlimit none{1'000'000, 1'000'000};
    ::setrlimit(RLIMIT_AS, &none);
    share_work(done, 10, [](int& num_done, std::size_t) {
      ++num_done;
      return true;
    });
    ::_exit(done == std::vector<int>{10, 0, 0, 0} ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace assay::track
