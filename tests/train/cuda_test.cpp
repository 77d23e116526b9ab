// What only a GPU can show; each case is skipped, with the reason, where there is none.

#include "device/cuda.h"

#include <torch/torch.h>

#include <string>

#include "device/batch_finder.h"
#include "device/discovery.h"
#include "device/launch_graph.h"
#include "device/memory_meter.h"
#include "device/out_of_memory.h"
#include "expect_error.h"
#include "train/determinism.h"
#include "train/state.h"
#include "train/step.h"
#include "train/training_fixture.h"

namespace assay::train {
namespace {

constexpr std::int64_t kBudget = 1LL << 30;

class CudaTest : public testing::Test {
 protected:
  CudaTest() {
    options_.optimizer = section("name = \"sgd\"\nlr = 0.1\nmomentum = 0.9\nnesterov = true\nweight_decay = 0.01");
    options_.schedule = section("name = \"constant\"");
  }

  void SetUp() override {
    if (!refusal_.empty()) GTEST_SKIP() << refusal_;
    if (!torch::cuda::is_available()) GTEST_SKIP() << "LibTorch finds no usable CUDA device";
    device::DeviceOptions options;
    options.name = "cuda";
    options.memory_budget = std::to_string(kBudget) + " B";
    chosen_ = device::choose_device(options, device::inspect_host());
  }

  // Takes five steps over batches of 12 images, in passes of 4; returns all weights and statistics.
  at::Tensor train(c10::Device device, Precision precision, double dropout, device::LaunchGraph* graph = nullptr) {
    TinyNet net(dropout);
    net.train();
    net.to(device);
    TrainState state(options_, net, precision, device, 1);
    StepOptions step_options{4, /*clip_norm=*/1.0, precision};
    step_options.graph = graph;
    Stepper stepper(net, state, cross_entropy(0.1), device, step_options);
    StepTimes times;
    losses_.clear();
    for (std::int64_t i = 0; i < 5; ++i) {
      const data::Batch batch{images_.pixels.narrow(0, i * 12, 12).to(torch::kFloat32) / 255.0,
                              images_.labels.narrow(0, i * 12, 12)};
      losses_.push_back(stepper.step(batch, {1, i, i, kSettledSteps + i}, 1.0, times).loss);
    }
    return all_values(net).cpu();
  }

  double difference(Precision precision) {
    return (train(kCuda, precision, 0.0) - train(torch::kCPU, Precision::kFp32, 0.0)).abs().max().item<double>();
  }

  static constexpr auto kCuda = c10::DeviceType::CUDA;
  const std::string refusal_ = device::load_cuda_library();  // first: the images' seed already asks for CUDA
  data::Images images_ = two_classes(64);
  TrainOptions options_;
  device::ChosenDevice chosen_;
  std::vector<double> losses_;
};

TEST_F(CudaTest, TrainsAsTheCpuDoes) {
  EXPECT_LT(difference(Precision::kFp32), 1e-5);
  EXPECT_LT(difference(Precision::kTf32), 1e-2);
  EXPECT_LT(difference(Precision::kBf16), 5e-2);
  EXPECT_LT(difference(Precision::kFp16), 1e-2);
}

TEST_F(CudaTest, RepeatsToTheBit) {
  for (const auto precision : {Precision::kFp32, Precision::kTf32, Precision::kBf16, Precision::kFp16}) {
    run_deterministically(true, kCuda, [&] {
      const auto first = train(kCuda, precision, 0.2);
      EXPECT_TRUE(train(kCuda, precision, 0.2).equal(first)) << to_string(precision);
    });
  }
}

TEST_F(CudaTest, RecordedPassesGiveTheSameBits) {
  const auto graph = device::make_launch_graph({kCuda, 0});
  for (const auto precision : {Precision::kFp32, Precision::kBf16, Precision::kFp16}) {
    run_deterministically(true, kCuda, [&] {
      const auto expected = train(kCuda, precision, 0.2);
      const auto expected_losses = losses_;
      testing::internal::CaptureStderr();
      EXPECT_TRUE(train(kCuda, precision, 0.2, graph.get()).equal(expected)) << to_string(precision);
      EXPECT_EQ(losses_, expected_losses);
      EXPECT_EQ(testing::internal::GetCapturedStderr(), "");  // nothing was launched by itself
    });
  }
}

TEST_F(CudaTest, TheBudgetIsEnforced) {
  EXPECT_EQ(chosen_.enforced_by, "LibTorch's CUDA allocator");
  const auto allocate = [&](std::int64_t bytes) {
    return device::ran_within_memory([&] { torch::zeros({bytes}, torch::TensorOptions(kCuda).dtype(torch::kUInt8)); });
  };
  EXPECT_TRUE(allocate(kBudget / 2));
  EXPECT_FALSE(allocate(kBudget + kBudget / 8));
  EXPECT_TRUE(allocate(kBudget / 2));
}

TEST_F(CudaTest, TheMicroBatchIsHalvedWhenMemoryRunsOut) {
  TinyNet net(0.0);
  net.train();
  net.to(kCuda);
  TrainState state(options_, net, Precision::kFp32, kCuda, 1);
  Stepper stepper(net, state, cross_entropy(0.1), kCuda, {512});
  StepTimes times;
  testing::internal::CaptureStderr();
  const auto result = stepper.step({torch::rand({512, 3, 256, 256}), torch::zeros({512}, torch::kInt64)},
                                   {1, 0, 0, kSettledSteps}, 1.0, times);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("images instead of 512"), std::string::npos);
  EXPECT_LT(stepper.micro_batch(), 512);
  EXPECT_EQ(result.outcome, StepOutcome::kTaken);
}

TEST_F(CudaTest, TheBatchFoundFitsAndUsesTheBudget) {
  TinyNet net(0.0);
  net.train();
  net.to(kCuda);
  TrainState state(options_, net, Precision::kFp32, kCuda, 1);
  const auto step = [&](std::int64_t count) {
    Stepper stepper(net, state, cross_entropy(0.1), kCuda, {count, 0.0, Precision::kFp32, 0, /*halves=*/false});
    StepTimes times;
    stepper.step({torch::rand({count, 3, 128, 128}), torch::zeros({count}, torch::kInt64)}, {1, 0, 0, kSettledSteps},
                 1.0, times);
  };
  device::BatchSearch search;
  search.smallest = 2;
  search.largest = 100'000;
  search.budget_bytes = chosen_.budget_bytes;
  const auto meter = device::make_memory_meter({kCuda, 0});
  const auto found = device::find_micro_batch(search, *meter, step);
  EXPECT_LT(found.num_samples, search.largest);
  EXPECT_TRUE(device::ran_within_memory([&] { step(found.num_samples); }));
  EXPECT_FALSE(device::ran_within_memory([&] { step(found.num_samples * 5 / 4); }));
}

}  // namespace
}  // namespace assay::train
