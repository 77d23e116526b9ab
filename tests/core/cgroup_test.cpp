#include "core/cgroup.h"

#include <gmock/gmock.h>

#include "temporary_folder.h"

namespace assay {
namespace {

// Recorded in a systemd service with MemoryMax= and CPUQuota= set.
void write_version_2(const TemporaryFolder& root) {
  root.write("proc/self/cgroup", "0::/jobs.slice/run.service\n");
  root.write("sys/fs/cgroup/jobs.slice/run.service/memory.max", "max\n");
  root.write("sys/fs/cgroup/jobs.slice/run.service/memory.current", "300000000\n");
  root.write("sys/fs/cgroup/jobs.slice/run.service/cpu.max", "400000 100000\n");
  root.write("sys/fs/cgroup/jobs.slice/memory.max", "1073741824\n");
  root.write("sys/fs/cgroup/jobs.slice/memory.current", "536870912\n");
  root.write("sys/fs/cgroup/jobs.slice/memory.stat", "anon 400000000\nfile 136870912\ninactive_file 100000000\n");
  root.write("sys/fs/cgroup/jobs.slice/cpu.max", "150000 100000\n");
  root.write("sys/fs/cgroup/jobs.slice/cpu.stat", "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n");
}

// Recorded in a Docker container with --memory and --cpus, which sees its own group as the root.
void write_version_1(const TemporaryFolder& root) {
  root.write("proc/self/cgroup",
             "5:cpu,cpuacct:/docker/0123\n4:memory:/docker/0123\n1:name=systemd:/docker/0123\n0::/\n");
  root.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "2000000000\n");
  root.write("sys/fs/cgroup/memory/memory.usage_in_bytes", "900000000\n");
  root.write("sys/fs/cgroup/memory/memory.stat", "cache 5\ninactive_file 5\ntotal_inactive_file 400000000\n");
  root.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n");
  root.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  root.write("sys/fs/cgroup/cpu,cpuacct/cpuacct.usage", "7000000000\n");
}

TEST(CgroupTest, VersionTwoLimitsByTheTightestAncestor) {
  const TemporaryFolder root;
  write_version_2(root);
  const auto memory = find_cgroup_memory(root.path());
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->limit_bytes, 1073741824);
  EXPECT_EQ(memory->used_bytes, 436870912);
  EXPECT_THAT(memory->file.string(), testing::EndsWith("jobs.slice/memory.max"));
  const auto cpu = find_cgroup_cpu(root.path());
  ASSERT_TRUE(cpu);
  EXPECT_DOUBLE_EQ(cpu->limit_cores, 1.5);
  EXPECT_EQ(cpu->used_us, 2500000);
}

TEST(CgroupTest, VersionOneLimits) {
  const TemporaryFolder root;
  write_version_1(root);
  const auto memory = find_cgroup_memory(root.path());
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->limit_bytes, 2000000000);
  EXPECT_EQ(memory->used_bytes, 500000000);
  const auto cpu = find_cgroup_cpu(root.path());
  ASSERT_TRUE(cpu);
  EXPECT_DOUBLE_EQ(cpu->limit_cores, 0.5);
  EXPECT_EQ(cpu->used_us, 7000000);
}

// As on a Slurm machine, whose jobs see the whole hierarchy, with each controller mounted separately.
TEST(CgroupTest, VersionOneLimitsBelowTheRoot) {
  const TemporaryFolder root;
  root.write("proc/self/cgroup", "4:memory:/slurm/job_7\n3:cpuacct:/slurm/job_7\n2:cpu:/slurm/job_7\n");
  root.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  root.write("sys/fs/cgroup/memory/memory.usage_in_bytes", "900000000\n");
  root.write("sys/fs/cgroup/memory/slurm/job_7/memory.limit_in_bytes", "4000000\n");
  root.write("sys/fs/cgroup/memory/slurm/job_7/memory.usage_in_bytes", "1000000\n");
  root.write("sys/fs/cgroup/cpu/slurm/job_7/cpu.cfs_quota_us", "200000\n");
  root.write("sys/fs/cgroup/cpu/slurm/job_7/cpu.cfs_period_us", "100000\n");
  root.write("sys/fs/cgroup/cpuacct/slurm/job_7/cpuacct.usage", "3000\n");
  EXPECT_EQ(find_cgroup_memory(root.path())->limit_bytes, 4000000);
  EXPECT_DOUBLE_EQ(find_cgroup_cpu(root.path())->limit_cores, 2.0);
  EXPECT_EQ(find_cgroup_cpu(root.path())->used_us, 3);
}

TEST(CgroupTest, NoLimitIsNone) {
  const TemporaryFolder root;
  EXPECT_FALSE(find_cgroup_memory(root.path()));
  EXPECT_FALSE(find_cgroup_cpu(root.path()));
  root.write("proc/self/cgroup", "2:cpu:/\n4:memory:/\n0::/user\n");
  root.write("sys/fs/cgroup/user/memory.max", "max\n");
  root.write("sys/fs/cgroup/user/memory.current", "5\n");
  root.write("sys/fs/cgroup/user/cpu.max", "max 100000\n");
  root.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  root.write("sys/fs/cgroup/memory/memory.usage_in_bytes", "900000000\n");
  root.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  root.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_FALSE(find_cgroup_memory(root.path()));
  EXPECT_FALSE(find_cgroup_cpu(root.path()));
}

TEST(CgroupTest, MalformedFilesLimitNothing) {
  const TemporaryFolder root;
  root.write("proc/self/cgroup", "\n:\n::\n0:\nnonsense\n0::../..\n0::/a");
  root.write("sys/fs/cgroup/a/memory.max", "12 apples\n");
  root.write("sys/fs/cgroup/a/memory.current", "\n");
  for (const char* text : {"", "100000", "100000 0", "x y", "0 100000", "-5 100000"}) {
    root.write("sys/fs/cgroup/a/cpu.max", text);
    EXPECT_FALSE(find_cgroup_cpu(root.path())) << text;
  }
  EXPECT_FALSE(find_cgroup_memory(root.path()));
}

}  // namespace
}  // namespace assay
