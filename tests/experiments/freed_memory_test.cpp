#include "front/freed_memory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "report/process.h"

namespace assay::front {
namespace {

constexpr auto kLoader = "/lib64/ld-linux-x86-64.so.2";

TEST(FreedMemoryTest, IsUnderstoodByGlibc) {
  if (!std::filesystem::exists(kLoader)) GTEST_SKIP() << "no " << kLoader << ", which lists glibc's settings";
  ::unsetenv("GLIBC_TUNABLES");
  keep_freed_memory();
  const auto listed = report::run_process({kLoader, "--list-tunables"}, std::chrono::minutes(1));
  ::unsetenv("GLIBC_TUNABLES");
  for (const auto* setting : {"malloc.hugetlb: 0x1 ", "malloc.mmap_threshold: 0x40000000 ",
                              "malloc.trim_threshold: 0x7fffffff ", "malloc.top_pad: 0x4000000 "}) {
    EXPECT_NE(listed.output.find(setting), std::string::npos) << setting << "is missing in\n" << listed.output;
  }
}

TEST(FreedMemoryTest, LeavesTheUsersSettings) {
  ::setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=0", 1);
  keep_freed_memory();
  EXPECT_STREQ(std::getenv("GLIBC_TUNABLES"), "glibc.malloc.hugetlb=0");
  ::unsetenv("GLIBC_TUNABLES");
}

}  // namespace
}  // namespace assay::front
