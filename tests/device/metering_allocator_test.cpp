#include "device/metering_allocator.h"

#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <thread>

#include "device/out_of_memory.h"

namespace assay::device {
namespace {

class MeteringAllocatorTest : public testing::Test {
 protected:
  void TearDown() override { set_host_memory_budget(0); }

  std::unique_ptr<MemoryMeter> meter_ = make_host_memory_meter();
  std::int64_t before_ = meter_->current_bytes();
};

TEST_F(MeteringAllocatorTest, CountsWhatIsHeldAndItsPeak) {
  meter_->reset_peak();
  {
    const auto first = torch::zeros({1 << 20});
    EXPECT_EQ(meter_->current_bytes(), before_ + (4LL << 20));
  }
  const auto second = torch::zeros({1 << 18});
  EXPECT_EQ(meter_->current_bytes(), before_ + (1LL << 20));
  EXPECT_EQ(meter_->peak_bytes(), before_ + (4LL << 20));
  meter_->reset_peak();
  EXPECT_EQ(meter_->peak_bytes(), before_ + (1LL << 20));
}

TEST_F(MeteringAllocatorTest, BudgetIsAnOutOfMemoryErrorOfItsOwnType) {
  set_host_memory_budget(before_ + (1LL << 20));
  EXPECT_THROW(torch::zeros({1 << 20}), c10::OutOfMemoryError);
  EXPECT_EQ(meter_->current_bytes(), before_);
  EXPECT_NO_THROW(torch::zeros({1 << 18}));
}

TEST_F(MeteringAllocatorTest, OnlyExhaustedMemoryIsCaught) {
  set_host_memory_budget(before_ + (1LL << 20));
  EXPECT_FALSE(ran_within_memory([] { torch::zeros({1 << 20}); }));
  EXPECT_TRUE(ran_within_memory([] { torch::zeros({1 << 10}); }));
  EXPECT_FALSE(ran_within_memory([] { throw std::bad_alloc(); }));
  EXPECT_THROW(ran_within_memory([] { torch::zeros({2}).view({3}); }), c10::Error);
}

TEST_F(MeteringAllocatorTest, ExhaustedMemoryInBackwardReleasesTheGraph) {
  const auto weight = torch::ones({1 << 16}, torch::requires_grad());
  const auto held = meter_->current_bytes();
  set_host_memory_budget(held + (5LL << 18));
  EXPECT_FALSE(ran_within_memory([&] {
    const auto squares = (weight * weight).exp();
    (squares.sin() * squares.cos()).sum().backward();
  }));
  weight.mutable_grad().reset();
  EXPECT_EQ(meter_->current_bytes(), held);
}

TEST_F(MeteringAllocatorTest, BlocksFromBeforeAreReleasedUncounted) {
  auto* const original = c10::GetDefaultCPUAllocator();
  auto* const metering = c10::GetCPUAllocator();
  ASSERT_NE(original, metering);
  metering->raw_deallocate(original->raw_allocate(1000));
  EXPECT_EQ(meter_->current_bytes(), before_);
}

TEST_F(MeteringAllocatorTest, EmptyAndResizedTensorsCount) {
  auto tensor = torch::empty({0});
  tensor.resize_({1 << 10});
  EXPECT_EQ(meter_->current_bytes(), before_ + 4096);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data_ptr()) % 64, 0U);
}

TEST_F(MeteringAllocatorTest, ThreadsCountTogether) {
  meter_->reset_peak();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int j = 0; j < 1000; ++j) torch::empty({256});
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(meter_->current_bytes(), before_);
  EXPECT_GE(meter_->peak_bytes(), before_ + 1024);
  EXPECT_LE(meter_->peak_bytes(), before_ + 4 * 1024);
}

TEST_F(MeteringAllocatorTest, ExhaustedMemoryIsKnownThroughTorchScript) {
  const auto scripts =
      torch::jit::compile("def grow(x):\n  return x.repeat(1000)\ndef fail(x):\n  assert False, 'no'\n");
  const auto values = torch::ones({1 << 10});
  set_host_memory_budget(meter_->current_bytes() + (1LL << 20));
  EXPECT_FALSE(ran_within_memory([&] { scripts->run_method("grow", values); }));
  EXPECT_ANY_THROW(ran_within_memory([&] { scripts->run_method("fail", values); }));
  set_host_memory_budget(0);
  EXPECT_TRUE(ran_within_memory([&] { scripts->run_method("grow", values); }));
}

}  // namespace
}  // namespace assay::device
