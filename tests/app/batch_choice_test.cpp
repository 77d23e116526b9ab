#include "app/batch_choice.h"

#include "app/study_fixture.h"
#include "app/training.h"
#include "device/metering_allocator.h"
#include "expect_error.h"
#include "train/state.h"
#include "train/step.h"

namespace assay::app {
namespace {

class BatchChoiceTest : public StudyTest {
 protected:
  /// Returns the most memory of training steps for which no best weights are kept. Units: bytes on top of before.
  static std::int64_t peak_of_bare_steps(const ClassificationData& data, models::Model& model,
                                         const train::TrainOptions& options) {
    const auto meter = device::make_host_memory_meter();
    const auto before = meter->current_bytes();
    prepare_network(model, options, torch::kCPU);
    train::TrainState state(options, model, train::Precision::kFp32, torch::kCPU, 1);
    train::Stepper stepper(model, state, train::cross_entropy(0.1), torch::kCPU, {4});
    const auto [channels, height, width] = data.image_shape();
    const data::Batch batch{torch::zeros({4, channels, height, width}), torch::zeros({4}, torch::kInt64)};
    meter->reset_peak();
    for (std::int64_t step = 0; step < 2; ++step) {
      train::StepTimes times;
      stepper.step(batch, {1, step, step}, 1.0, times);
    }
    return meter->peak_bytes() - before;
  }
};

// The weights outweigh all else: 2,000 channels for 1,000 classes are 8 MB.
TEST_F(BatchChoiceTest, TheProbeHoldsTheBestWeightsAsTrainingDoes) {
  constexpr std::int64_t kWeightBytes = 8'000'000;
  const auto data = draw_data();
  auto options = train_options();
  options.batch.global = options.batch.micro = 4;
  options.ema.decay = 0.0;
  const auto bare = peak_of_bare_steps(data, *small_network(1000, 2000), options);
  const auto model = small_network(1000, 2000);
  const auto before = device::make_host_memory_meter()->current_bytes();
  const auto plan = choose_batch(context_, data, *model, options);
  EXPECT_GT(plan.predicted_bytes - static_cast<double>(before + bare), 0.9 * static_cast<double>(kWeightBytes));
}

TEST_F(BatchChoiceTest, WhatFitsScarceMemoryIsKnownBeforeARun) {
  const auto dataset = data::make_dataset(data::data_section("name = \"shapes\"\nnum_train = 80"));
  const auto model = section("name = \"resnet20\"\nblocks_per_stage = 1", "model");
  const auto check_within = [&](std::int64_t budget_bytes) {
    device_.budget_bytes = budget_bytes;
    check_memory({options_.device, host_, device_}, *dataset, model, train_options());
  };
  EXPECT_NO_THROW(check_within(900'000'000));
  EXPECT_ERROR(check_within(200'000), kConfig, "a training step of 2 samples does not fit the memory budget of 0.2 MB");
}

}  // namespace
}  // namespace assay::app
