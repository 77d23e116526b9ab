#include "data/prefetch.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <stdexcept>

namespace assay::data {
namespace {

using std::chrono::milliseconds;

TEST(PrefetcherTest, HandsOutInOrderWhateverTheWorkers) {
  for (const int num_workers : {0, 1, 3}) {
    Prefetcher<std::int64_t> squares(0, 50, num_workers, [](std::int64_t i) {
      std::this_thread::sleep_for(std::chrono::microseconds((i * 7919) % 500));  // finish out of order
      return i * i;
    });
    for (std::int64_t i = 0; i < 50; ++i) EXPECT_EQ(squares.next(), i * i);
    EXPECT_EQ(squares.next(), std::nullopt);
    EXPECT_EQ(squares.next(), std::nullopt);
  }
}

TEST(PrefetcherTest, WorksAheadButNotWithoutBound) {
  std::atomic<std::int64_t> produced = 0;
  Prefetcher<std::int64_t> numbers(0, 1000, 2, [&](std::int64_t i) {
    ++produced;
    return i;
  });
  for (int wait = 0; wait < 2000 && produced < 4; ++wait) std::this_thread::sleep_for(milliseconds(1));
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(produced, 4);
  numbers.next();
  for (int wait = 0; wait < 2000 && produced < 5; ++wait) std::this_thread::sleep_for(milliseconds(1));
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(produced, 5);
}

TEST(PrefetcherTest, CarriesAnExceptionToItsPlace) {
  for (const int num_workers : {0, 2}) {
    Prefetcher<std::int64_t> numbers(0, 5, num_workers, [](std::int64_t i) {
      if (i == 2) throw std::runtime_error("third");
      return i;
    });
    EXPECT_EQ(numbers.next(), 0);
    EXPECT_EQ(numbers.next(), 1);
    EXPECT_THROW(numbers.next(), std::runtime_error);
    EXPECT_EQ(numbers.next(), 3);
  }
}

TEST(PrefetcherTest, EndsWhileResultsAreUnread) {
  Prefetcher<std::int64_t> numbers(0, 1000, 3, [](std::int64_t i) { return i; });
  EXPECT_EQ(numbers.next(), 0);
}

// In a process of its own, whose address space has no room for another thread's stack.
TEST(PrefetcherTest, WorksWithoutTheThreadsThatTheSystemRefuses) {
  const auto pid = ::fork();
  if (pid == 0) {
    const rlimit none{1'000'000, 1'000'000};
    ::setrlimit(RLIMIT_AS, &none);
    Prefetcher<std::int64_t> prefetcher(0, 3, 4, [](std::int64_t place) { return place; });
    bool in_order = true;
    for (std::int64_t i = 0; i < 3; ++i) in_order = in_order && prefetcher.next() == i;
    ::_exit(in_order && !prefetcher.next() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace assay::data
