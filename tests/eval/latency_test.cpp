#include "eval/latency.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace assay::eval {
namespace {

TEST(QuantileTest, InterpolatesAsNumpyDoes) {
  EXPECT_DOUBLE_EQ(quantile({3, 1, 2}, 0.5), 2.0);
  EXPECT_DOUBLE_EQ(quantile({1, 2, 3, 4}, 0.95), 3.85);  // numpy.quantile([1, 2, 3, 4], 0.95)
  EXPECT_DOUBLE_EQ(quantile({7}, 0.95), 7.0);
}

TEST(LatencyTest, CandidatesTakeTurnsAndWarmUpIsNotCounted) {
  std::string order;
  const auto results = measure_latencies({[&] { order += 'a'; }, [&] { order += 'b'; }}, {1, 2, 3});
  EXPECT_EQ(order,
            "ab"
            "aaabbb"
            "aaabbb");
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].num_samples, 6);
}

TEST(LatencyTest, UnitsAreMicroseconds) {
  const auto results =
      measure_latencies({[] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }}, {0, 1, 5});
  EXPECT_GE(results[0].p50_us, 2000.0);
  EXPECT_GE(results[0].p95_us, results[0].p50_us);
}

}  // namespace
}  // namespace assay::eval
