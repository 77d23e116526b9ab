#include "device/discovery.h"

#include <malloc.h>
#include <sys/prctl.h>
#include <torch/torch.h>

#include <cstdlib>
#include <memory>

#include "device/memory_budget.h"
#include "device/memory_size.h"
#include "device/metering_allocator.h"
#include "device/out_of_memory.h"
#include "device/resident_memory.h"
#include "expect_error.h"

namespace assay::device {
namespace {

TEST(DiscoveryTest, FallsBackToTheCpuSayingWhy) {
  const auto chosen = choose_device({}, inspect_host());
  if (!chosen.device.is_cpu()) GTEST_SKIP() << "this machine has an accelerator: " << chosen.description;
  EXPECT_EQ(chosen.refusals.size(), 3U);
  EXPECT_GT(chosen.budget_bytes, 0);
  EXPECT_LE(chosen.budget_bytes, chosen.memory_free_bytes / 2);
}

TEST(DiscoveryTest, RefusesUnknownAndAbsentDevices) {
  DeviceOptions options;
  options.name = "gpu";
  EXPECT_ERROR(choose_device(options, inspect_host()), kConfig, "no such device");
  options.name = "mps";
  EXPECT_ERROR(choose_device(options, inspect_host()), kConfig, "device mps cannot be used");
}

TEST(DiscoveryTest, OtherAcceleratorsAreTriedAndRefused) {
  DeviceOptions options;
  options.name = "xpu";
  EXPECT_ERROR(choose_device(options, inspect_host()), kConfig, "device xpu cannot be used: LibTorch");
}

class BudgetTest : public testing::Test {
 protected:
  void SetUp() override { options_.name = "cpu"; }
  void TearDown() override { set_host_memory_budget(0); }

  DeviceOptions options_;
};

TEST_F(BudgetTest, UserBoundsIt) {
  options_.memory_budget = "50 MB";
  const auto chosen = choose_device(options_, inspect_host());
  EXPECT_EQ(chosen.budget_bytes, 50'000'000);
  EXPECT_EQ(chosen.bounded_by, "user");
}

TEST_F(BudgetTest, UserCannotHaveMoreThanIsFree) {
  options_.memory_budget = "900000 GB";
  const auto chosen = choose_device(options_, inspect_host());
  EXPECT_EQ(chosen.budget_bytes, chosen.memory_free_bytes);
  EXPECT_NE(chosen.bounded_by, "user");
  EXPECT_THAT(chosen.notes, testing::ElementsAre(testing::HasSubstr("exceeds the free memory")));
}

TEST_F(BudgetTest, IsEnforcedUnlessSwitchedOff) {
  options_.memory_budget = "50 MB";
  EXPECT_EQ(choose_device(options_, inspect_host()).enforced_by, "the metering allocator");
  EXPECT_FALSE(ran_within_memory([] { torch::empty({13'000'000}); }));
  options_.enforce_budget = false;
  EXPECT_EQ(choose_device(options_, inspect_host()).enforced_by, "");
  EXPECT_TRUE(ran_within_memory([] { torch::empty({13'000'000}); }));
}

class PagesTest : public BudgetTest {
 protected:
  void SetUp() override {
    if (::prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0) != 0) GTEST_SKIP() << "this kernel has no switch for huge pages";
  }
  void TearDown() override {
    set_host_memory_budget(0);
    set_resident_memory_budget(0);
    ::prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
  }

  /// Returns whether huge pages are off afterwards.
  bool gives_up_huge_pages(std::int64_t budget_bytes) const {
    ChosenDevice chosen;
    chosen.budget_bytes = budget_bytes;
    enforce_memory_budget(options_, chosen);
    return ::prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1;
  }
};

// A partly freed huge page counts whole: twice the budget was seen.
TEST_F(PagesTest, HugeOnesAreGivenUpUnderSmallBudgets) {
  EXPECT_FALSE(gives_up_huge_pages(4'000'000'000));
  EXPECT_TRUE(gives_up_huge_pages(3'999'999'999));
}

TEST_F(PagesTest, HugeOnesStayWhereNoBudgetIsEnforced) {
  options_.enforce_budget = false;
  EXPECT_FALSE(gives_up_huge_pages(1'000'000'000));
}

TEST_F(PagesTest, FreedOnesAreReturnedAtOnceUnderSmallBudgets) {
  constexpr std::size_t kBlock = 4 << 20;
  const auto is_mapped_alone = [] {
    const auto before = ::mallinfo2().hblks;
    const std::unique_ptr<void, decltype(&std::free)> block(std::malloc(kBlock), &std::free);
    *static_cast<volatile char*>(block.get()) = 1;  // or the compiler leaves the block out
    return ::mallinfo2().hblks == before + 1;
  };
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  if (!is_mapped_alone()) GTEST_SKIP() << "another malloc than glibc's";
  ::mallopt(M_MMAP_THRESHOLD, 16 << 20);
  ASSERT_FALSE(is_mapped_alone());
  gives_up_huge_pages(600'000'000);
  EXPECT_FALSE(is_mapped_alone());
  gives_up_huge_pages(500'000'000);
  EXPECT_TRUE(is_mapped_alone());
}

TEST(MemorySizeTest, ReadsUnits) {
  EXPECT_EQ(parse_memory_size("2 GB", "k"), 2'000'000'000);
  EXPECT_EQ(parse_memory_size("1.5GiB", "k"), 1'610'612'736);
  EXPECT_EQ(parse_memory_size("800 MB", "k"), 800'000'000);
  EXPECT_EQ(parse_memory_size("12345", "k"), 12345);
  for (const auto* text : {"", "GB", "2 XB", "-1 GB", "0", "nan", "1e30 GB"}) {
    EXPECT_ERROR(parse_memory_size(text, "device.memory_budget"), kConfig, "device.memory_budget");
  }
}

TEST(DiscoveryTest, TiersFollowMemory) {
  const Tiers tiers;
  ChosenDevice device;
  EXPECT_EQ(&tier_of(device, tiers), &tiers.cpu);
  device.device = c10::Device(c10::kCUDA, 0);
  device.memory_total_bytes = 8LL << 30;
  EXPECT_EQ(&tier_of(device, tiers), &tiers.large);
  device.memory_total_bytes = 6LL << 30;
  EXPECT_EQ(&tier_of(device, tiers), &tiers.medium);
  device.memory_total_bytes = 2LL << 30;
  EXPECT_EQ(&tier_of(device, tiers), &tiers.small);
}

TEST(DiscoveryTest, LoaderThreadsFollowTheTierAndLeaveACoreFree) {
  const Tiers tiers;
  Host host;
  for (const auto& [num_cores, expected] : {std::pair{1, 1}, {2, 1}, {6, 5}, {64, 8}}) {
    host.num_cores = num_cores;
    EXPECT_EQ(num_workers_of(tiers.large, host), expected) << num_cores << " cores";
    EXPECT_EQ(num_workers_of(tiers.cpu, host), 1);
  }
}

}  // namespace
}  // namespace assay::device
