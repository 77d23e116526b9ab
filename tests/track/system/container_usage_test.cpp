#include "track/system/container_usage.h"

#include <gmock/gmock.h>

#include "temporary_folder.h"
#include "track/system/measured.h"

namespace assay::track {
namespace {

using testing::DoubleEq;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(ContainerUsageTest, MeasuresTheLimitedGroup) {
  const TemporaryFolder root;
  root.write("proc/self/cgroup", "0::/\n");
  root.write("sys/fs/cgroup/memory.max", "2000000000\n");
  root.write("sys/fs/cgroup/memory.current", "600000000\n");
  root.write("sys/fs/cgroup/memory.stat", "inactive_file 100000000\n");
  root.write("sys/fs/cgroup/cpu.max", "200000 100000\n");
  root.write("sys/fs/cgroup/cpu.stat", "usage_usec 1000000\n");
  double now_s = 100.0;
  ContainerUsage usage(root.path(), [&now_s] { return now_s; });
  root.write("sys/fs/cgroup/cpu.stat", "usage_usec 6000000\n");
  now_s += 10.0;
  EXPECT_THAT(measure(usage), UnorderedElementsAre(Pair("cgroup_memory_usage_megabytes", DoubleEq(500)),
                                                   Pair("cgroup_memory_limit_megabytes", DoubleEq(2000)),
                                                   Pair("cgroup_memory_usage_percentage", DoubleEq(25)),
                                                   Pair("cgroup_cpu_limit_cores", DoubleEq(2)),
                                                   Pair("cgroup_cpu_utilization_percentage", DoubleEq(25))));
}

TEST(ContainerUsageTest, CountsUtilizationOverEnoughTimeOnly) {
  const TemporaryFolder root;
  root.write("proc/self/cgroup", "0::/\n");
  root.write("sys/fs/cgroup/cpu.max", "100000 100000\n");
  root.write("sys/fs/cgroup/cpu.stat", "usage_usec 1000000\n");
  double now_s = 100.0;
  ContainerUsage usage(root.path(), [&now_s] { return now_s; });
  root.write("sys/fs/cgroup/cpu.stat", "usage_usec 1500000\n");
  now_s += 0.001;
  EXPECT_THAT(measure(usage), UnorderedElementsAre(Pair("cgroup_cpu_limit_cores", DoubleEq(1))));
  now_s += 0.999;
  EXPECT_THAT(measure(usage), testing::Contains(Pair("cgroup_cpu_utilization_percentage", DoubleEq(50))));
}

TEST(ContainerUsageTest, MeasuresTheProcess) {
  const TemporaryFolder root;
  root.write("proc/self/status", "Name:\ttrain\nVmPeak:\t  9 kB\nVmHWM:\t 2000000 kB\nVmRSS:\t 1000000 kB\n");
  ContainerUsage usage(root.path());
  EXPECT_THAT(measure(usage), UnorderedElementsAre(Pair("process_memory_megabytes", DoubleEq(1024)),
                                                   Pair("process_memory_peak_megabytes", DoubleEq(2048))));
}

TEST(ContainerUsageTest, LeavesOutWhatIsAbsentOrMalformed) {
  const TemporaryFolder root;
  ContainerUsage usage(root.path());
  EXPECT_THAT(measure(usage), testing::IsEmpty());
  root.write("proc/self/status", "VmRSS: lots\nVmHWM\n");
  EXPECT_THAT(measure(usage), testing::IsEmpty());
}

}  // namespace
}  // namespace assay::track
