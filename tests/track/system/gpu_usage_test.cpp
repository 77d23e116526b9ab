#include "track/system/gpu_usage.h"

#include <gmock/gmock.h>

#include "track/system/measured.h"

namespace assay::track {
namespace {

using testing::DoubleEq;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(GpuUsageTest, MeasuresWhatEachGpuTells) {
  GpuUsage usage(ASSAY_FAKE_NVML);
  EXPECT_EQ(usage.absence(), "");
  EXPECT_THAT(measure(usage), testing::UnorderedElementsAre(Pair("gpu_0_memory_usage_percentage", DoubleEq(25)),
                                                            Pair("gpu_0_memory_usage_megabytes", DoubleEq(20000)),
                                                            Pair("gpu_0_utilization_percentage", DoubleEq(87)),
                                                            Pair("gpu_0_power_usage_watts", DoubleEq(350.5)),
                                                            Pair("gpu_0_power_usage_percentage", DoubleEq(50)),
                                                            Pair("gpu_1_memory_usage_percentage", DoubleEq(25)),
                                                            Pair("gpu_1_memory_usage_megabytes", DoubleEq(20000))));
}

TEST(GpuUsageTest, AbsentLibraryIsToldAndMeasuresNothing) {
  GpuUsage usage("libno-such-library.so.1");
  EXPECT_EQ(usage.absence(), "libno-such-library.so.1 is not there");
  EXPECT_THAT(measure(usage), IsEmpty());
}

TEST(GpuUsageTest, AnotherLibraryIsToldAndMeasuresNothing) {
  GpuUsage usage("libm.so.6");
  EXPECT_THAT(usage.absence(), HasSubstr("lacks a function"));
  EXPECT_THAT(measure(usage), IsEmpty());
}

TEST(GpuUsageTest, MeasuresTheGpusOfThisMachine) {
  GpuUsage usage;
  if (!usage.absence().empty()) GTEST_SKIP() << usage.absence();
  const auto values = measure(usage);
  EXPECT_THAT(values, testing::Not(IsEmpty()));
  for (const auto& [name, value] : values) {
    EXPECT_GE(value, 0) << name;
    EXPECT_LE(value, name.ends_with("percentage") ? 110 : 1e7) << name;
  }
}

}  // namespace
}  // namespace assay::track
