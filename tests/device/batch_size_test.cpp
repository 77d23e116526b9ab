#include "device/batch_size.h"

#include <torch/torch.h>

#include "device/discovery.h"
#include "device/memory_meter.h"
#include "expect_error.h"

namespace assay::device {
namespace {

constexpr MemoryLine kLine{1000.0, 10.0};

BatchPlan plan(std::optional<std::int64_t> micro, double share, std::int64_t budget) {
  return plan_batch({128, micro}, {share}, budget, kLine);
}

TEST(BatchSizeTest, WholeBatchWhenItFits) {
  const auto whole = plan(std::nullopt, 1.0, 1000 + 1280);
  EXPECT_EQ(whole.micro, 128);
  EXPECT_EQ(whole.num_micro, 1);
}

TEST(BatchSizeTest, BudgetBoundsTheMicroBatch) {
  const auto bounded = plan(std::nullopt, 1.0, 1000 + 505);
  EXPECT_EQ(bounded.micro, 50);
  EXPECT_EQ(bounded.num_micro, 3);
  EXPECT_LE(bounded.predicted_bytes, 1505.0);
}

TEST(BatchSizeTest, TierBoundsTheMicroBatch) { EXPECT_EQ(plan(std::nullopt, 0.4, 1 << 20).micro, 51); }

TEST(BatchSizeTest, PinnedMicroBatchIsKept) { EXPECT_EQ(plan(32, 0.1, 1 << 20).micro, 32); }

TEST(BatchSizeTest, TooSmallABudgetIsAClearError) {
  EXPECT_ERROR(plan(std::nullopt, 1.0, 1000), kConfig, "but the memory budget is");
}

TEST(MemoryMeterTest, MeasuresThePeakNotTheSum) {
  const auto peak = measure_peak_bytes([] {
    { const auto first = torch::zeros({1 << 20}); }
    const auto second = torch::zeros({1 << 18});
  });
  EXPECT_EQ(peak, 4LL << 20);
}

TEST(MemoryMeterTest, LinePredictsALargerStep) {
  torch::nn::Sequential model(torch::nn::Conv2d(3, 16, 3), torch::nn::ReLU(), torch::nn::Conv2d(16, 16, 3));
  const auto step = [&model](std::int64_t num_samples) {
    model->forward(torch::zeros({num_samples, 3, 32, 32})).sum().backward();
    model->zero_grad();
  };
  const auto line = measure_memory_line(step);
  const auto actual = static_cast<double>(measure_peak_bytes([&] { step(32); }));
  EXPECT_NEAR(line.predict(32), actual, 0.1 * actual);
}

TEST(DiscoveryTest, FallsBackToTheCpuSayingWhy) {
  const auto chosen = choose_device({}, inspect_host());
  if (!chosen.device.is_cpu()) GTEST_SKIP() << "this machine has an accelerator: " << chosen.description;
  EXPECT_EQ(chosen.refusals.size(), 2U);
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

TEST(DiscoveryTest, TiersFollowMemory) {
  Tiers tiers;
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

}  // namespace
}  // namespace assay::device
