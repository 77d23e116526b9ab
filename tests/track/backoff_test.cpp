#include "track/backoff.h"

#include <gtest/gtest.h>

namespace assay::track {
namespace {

double delay_s(Backoff& backoff, SteadyTime now) {
  return std::chrono::duration<double>(backoff.fail(now) - now).count();
}

TEST(BackoffTest, DoublesUpToALimitWithJitter) {
  Backoff backoff(30.0, /*seed=*/1);
  const SteadyTime now{};
  for (const double base : {0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0}) {
    const double delay = delay_s(backoff, now);
    EXPECT_GE(delay, base);
    EXPECT_LE(delay, 1.5 * base);
  }
  Backoff other(30.0, /*seed=*/2);
  Backoff again(30.0, /*seed=*/1);
  const double first = delay_s(again, now);
  EXPECT_NE(delay_s(other, now), first);
}

TEST(BackoffTest, MeasuresAnOutageFromItsFirstFailure) {
  Backoff backoff(30.0, 1);
  const SteadyTime now{};
  EXPECT_FALSE(backoff.is_long(now + seconds(100)));
  backoff.fail(now);
  backoff.fail(now + seconds(20));
  EXPECT_FALSE(backoff.is_long(now + seconds(29)));
  EXPECT_TRUE(backoff.is_long(now + seconds(30)));
  backoff.succeed();
  EXPECT_FALSE(backoff.is_long(now + seconds(100)));
  EXPECT_LT(delay_s(backoff, now), 0.4);
}

}  // namespace
}  // namespace assay::track
