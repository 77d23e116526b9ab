#include "device/host.h"

#include "expect_error.h"
#include "temporary_folder.h"

namespace assay::device {
namespace {

constexpr const char* kMeminfo = "MemTotal:       16000000 kB\nMemFree: 1 kB\nMemAvailable:   12000000 kB\n";

TEST(HostTest, KnowsThisMachine) {
  const auto host = inspect_host();
  EXPECT_GE(host.num_cores, 1);
  EXPECT_FALSE(host.os.empty());
  EXPECT_GT(inspect_host_memory().available_bytes, 0);
}

TEST(HostMemoryTest, WithoutCgroupTheMachineBounds) {
  const TemporaryFolder root;
  root.write("proc/meminfo", kMeminfo);
  const auto memory = inspect_host_memory(root.path());
  EXPECT_EQ(memory.total_bytes, 16000000LL * 1024);
  EXPECT_EQ(memory.available_bytes, 12000000LL * 1024);
  EXPECT_EQ(memory.bounded_by, "the machine");
}

TEST(HostMemoryTest, TheTightestCgroupOnTheWayUpBounds) {
  const TemporaryFolder root;
  root.write("proc/meminfo", kMeminfo);
  root.write("proc/self/cgroup", "0::/job/step\n");
  root.write("sys/fs/cgroup/job/step/memory.max", "max\n");
  root.write("sys/fs/cgroup/job/step/memory.current", "1000\n");
  root.write("sys/fs/cgroup/job/memory.max", "1000000\n");
  root.write("sys/fs/cgroup/job/memory.current", "400000\n");
  const auto memory = inspect_host_memory(root.path());
  EXPECT_EQ(memory.total_bytes, 1000000);
  EXPECT_EQ(memory.available_bytes, 600000);
  EXPECT_THAT(memory.bounded_by, testing::EndsWith("job/memory.max"));
}

TEST(HostMemoryTest, ReadsVersionOneLimits) {
  const TemporaryFolder root;
  root.write("proc/meminfo", kMeminfo);
  root.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "5000000\n");
  root.write("sys/fs/cgroup/memory/memory.usage_in_bytes", "1000000\n");
  EXPECT_EQ(inspect_host_memory(root.path()).available_bytes, 4000000);
}

TEST(HostMemoryTest, NamesAMissingMeminfo) {
  const TemporaryFolder root;
  EXPECT_ERROR(inspect_host_memory(root.path()), kData, "MemTotal");
}

}  // namespace
}  // namespace assay::device
