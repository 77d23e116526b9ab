#include "track/mlflow/backoff.h"

#include <gtest/gtest.h>

namespace assay::track {
namespace {

double delay_s(Backoff& backoff, SteadyTime now, double retry_after_s = 0.0) {
  return std::chrono::duration<double>(backoff.fail(now, retry_after_s) - now).count();
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

TEST(BackoffTest, WaitsAsLongAsTheServerAsksWithinBounds) {
  Backoff backoff(30.0, 1, {.jitter_s = 0.0});
  const SteadyTime now{};
  EXPECT_DOUBLE_EQ(delay_s(backoff, now, 20.0), 20.0);
  EXPECT_TRUE(backoff.is_told_to_wait());
  EXPECT_DOUBLE_EQ(delay_s(backoff, now, 0.1), 0.5);  // its own delay is longer
  EXPECT_DOUBLE_EQ(delay_s(backoff, now, 1e6), kLongestRetryAfter);
  EXPECT_DOUBLE_EQ(delay_s(backoff, now), 2.0);
  EXPECT_FALSE(backoff.is_told_to_wait());
  Backoff deaf(30.0, 1, {.jitter_s = 0.0, .respects_retry_after = false});
  EXPECT_DOUBLE_EQ(delay_s(deaf, now, 20.0), 0.25);
  EXPECT_FALSE(deaf.is_told_to_wait());
}

TEST(BackoffTest, FollowsThePolicysFactorAndJitter) {
  Backoff slow(30.0, 1, {.first_delay_s = 2.0, .jitter_s = 1.0});
  const SteadyTime now{};
  for (const double base : {2.0, 4.0, 8.0, 15.0}) {
    const double delay = delay_s(slow, now);
    EXPECT_GE(delay, base);
    EXPECT_LE(delay, base + 1.0);
  }
  Backoff slower(30.0, 1, {.first_delay_s = 60.0, .jitter_s = 0.0});
  EXPECT_DOUBLE_EQ(delay_s(slower, now), 60.0);
}

TEST(BackoffTest, CallsTooManyFailuresAnOutage) {
  const SteadyTime now{};
  Backoff never(30.0, 1, {.max_retries = 0});
  EXPECT_FALSE(never.is_long(now));
  never.fail(now);
  EXPECT_TRUE(never.is_long(now));
  Backoff twice(30.0, 1, {.max_retries = 2});
  twice.fail(now);
  twice.fail(now);
  EXPECT_FALSE(twice.is_long(now));
  twice.fail(now);
  EXPECT_TRUE(twice.is_long(now));
  twice.succeed();
  EXPECT_FALSE(twice.is_long(now));
}

}  // namespace
}  // namespace assay::track
