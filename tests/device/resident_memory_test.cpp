#include "device/resident_memory.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "device/memory_meter.h"
#include "device/metering_allocator.h"
#include "device/out_of_memory.h"

namespace assay::device {
namespace {

constexpr std::int64_t kMegabyte = 1'000'000;

class ResidentMemoryTest : public testing::Test {
 protected:
  void TearDown() override { set_resident_memory_budget(0); }

  static at::Tensor tensor_of(std::int64_t num_bytes) { return torch::ones({num_bytes / 4}); }

  std::unique_ptr<MemoryMeter> meter_ = make_host_memory_meter();
};

TEST_F(ResidentMemoryTest, TheProcessHoldsWhatItTouched) {
  const auto before = inspect_process_memory();
  const auto tensor = tensor_of(64 * kMegabyte);
  const auto after = inspect_process_memory();
  EXPECT_GT(after.private_bytes - before.private_bytes, 60 * kMegabyte);
  EXPECT_GT(after.address_space_bytes, after.private_bytes);
}

TEST_F(ResidentMemoryTest, MemoryThatNoTensorHoldsCountsToo) {
  set_resident_memory_budget(200 * kMegabyte);
  EXPECT_TRUE(ran_within_memory([] { tensor_of(150 * kMegabyte); }));
  const std::vector<char> elsewhere(100 * kMegabyte, 'x');
  EXPECT_FALSE(ran_within_memory([] { tensor_of(150 * kMegabyte); }));
  EXPECT_TRUE(ran_within_memory([] { tensor_of(50 * kMegabyte); }));
}

TEST_F(ResidentMemoryTest, WhatMallocKeepsIsGivenBackBeforeMemoryIsRefused) {
  set_resident_memory_budget(200 * kMegabyte);
  {
    // When freed, blocks below malloc's mmap threshold stay with malloc.
    std::vector<at::Tensor> blocks;
    for (int i = 0; i < 1500; ++i) blocks.push_back(tensor_of(kMegabyte / 10));
  }
  EXPECT_TRUE(ran_within_memory([] { tensor_of(190 * kMegabyte); }));
  EXPECT_TRUE(ran_within_memory([] { tensor_of(190 * kMegabyte); }));
}

TEST_F(ResidentMemoryTest, TheMeterLearnsWhatItDoesNotSee) {
  set_resident_memory_budget(500 * kMegabyte);
  meter_->reset_peak();
  const auto before = meter_->peak_bytes();
  const std::vector<char> elsewhere(100 * kMegabyte, 'x');
  EXPECT_EQ(meter_->peak_bytes(), before);
  meter_->release_unused();
  EXPECT_NEAR(static_cast<double>(meter_->peak_bytes() - before), 100e6, 10e6);
}

TEST_F(ResidentMemoryTest, NothingIsBoundWithoutABudget) {
  EXPECT_EQ(learn_unmetered_bytes(0), 0);
  EXPECT_NO_THROW(claim_resident_memory(std::int64_t{1} << 60));
}

}  // namespace
}  // namespace assay::device
