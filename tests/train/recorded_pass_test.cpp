#include "train/recorded_pass.h"

#include <optional>

#include "device/simulated_launch_graph.h"
#include "expect_error.h"
#include "train/backbone.h"
#include "train/state.h"
#include "train/step.h"
#include "train/training_fixture.h"

namespace assay::train {
namespace {

class RecordedPassTest : public testing::Test {
 protected:
  RecordedPassTest() {
    options_.optimizer = section("name = \"sgd\"\nlr = 0.1\nmomentum = 0.9\nnesterov = true\nweight_decay = 0.01");
    options_.schedule = section("name = \"constant\"");
  }

  // Takes steps over batches of 10 images; returns all weights and statistics.
  at::Tensor train(const std::vector<data::Batch>& batches, std::int64_t micro_batch, device::LaunchGraph* graph) {
    TinyNet net;
    net.train();
    TrainState state(options_, net, Precision::kFp32, torch::kCPU, 1);
    StepOptions step_options{micro_batch};
    step_options.graph = graph;
    Stepper stepper(net, state, cross_entropy(0.1), torch::kCPU, step_options);
    StepTimes times;
    losses_.clear();
    for (std::size_t i = 0; i < batches.size(); ++i) {
      const auto place = static_cast<std::int64_t>(i);
      losses_.push_back(stepper.step(batches[i], {1, place, place, kSettledSteps + place}, 1.0, times).loss);
    }
    micro_batch_ = stepper.micro_batch();
    return all_values(net);
  }

  std::vector<data::Batch> batches(std::int64_t count, std::int64_t size = 10) const {
    std::vector<data::Batch> all;
    for (std::int64_t i = 0; i < count; ++i) {
      all.push_back({images_.pixels.narrow(0, i * size, size).to(torch::kFloat32) / 255.0,
                     images_.labels.narrow(0, i * size, size)});
    }
    return all;
  }

  data::Images images_ = two_classes(64);
  TrainOptions options_;
  device::SimulatedLaunchGraph graph_;
  std::vector<double> losses_;
  std::int64_t micro_batch_ = 0;
};

TEST_F(RecordedPassTest, GivesTheSameBits) {
  const auto expected = train(batches(5), 4, nullptr);  // 4, 4 and 2 images
  const auto expected_losses = losses_;
  EXPECT_TRUE(train(batches(5), 4, &graph_).equal(expected));
  EXPECT_EQ(losses_, expected_losses);
  EXPECT_EQ(graph_.num_recorded, 1);
  EXPECT_EQ(graph_.num_replayed, 10);  // the smaller last pass of each step is not replayed
}

TEST_F(RecordedPassTest, GoesOnWithoutWhenNothingCanBeRecorded) {
  const auto expected = train(batches(3), 5, nullptr);
  graph_.refusal = "operation not permitted when stream is capturing";
  testing::internal::CaptureStderr();
  EXPECT_TRUE(train(batches(3), 5, &graph_).equal(expected));
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "each kernel is launched by itself: operation not permitted when stream is capturing\n");
  EXPECT_EQ(graph_.num_recorded, 1);
}

TEST_F(RecordedPassTest, IsRecordedAnewWhenTheMicroBatchIsHalved) {
  const auto expected = train(batches(3, 8), 4, nullptr);
  graph_.num_out_of_memory = 1;
  testing::internal::CaptureStderr();
  EXPECT_TRUE(train(batches(3, 8), 8, &graph_).equal(expected));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("with passes of 4 images instead of 8"), std::string::npos);
  EXPECT_EQ(micro_batch_, 4);
  EXPECT_EQ(graph_.num_recorded, 2);
  EXPECT_EQ(graph_.num_replayed, 6);
}

TEST_F(RecordedPassTest, IsRecordedAnewWhenTheBackboneThaws) {
  options_.freeze_epochs = 1;
  const auto train_frozen_at_first = [this](device::LaunchGraph* graph) {
    TinyNet net;
    TrainState state(options_, net, Precision::kFp32, torch::kCPU, 1);
    StepOptions step_options{5};
    step_options.graph = graph;
    Stepper stepper(net, state, cross_entropy(0.1), torch::kCPU, step_options);
    std::optional<FrozenBackbone> frozen(net);
    StepTimes times;
    for (std::int64_t i = 0; i < 4; ++i) {
      if (i == 2) frozen.reset();
      if (i % 2 == 0) stepper.forget_recording();
      net.train();
      if (frozen) frozen->hold_statistics();
      stepper.step(batches(4)[static_cast<std::size_t>(i)], {1, i, i, kSettledSteps + i}, 1.0, times);
    }
    return all_values(net);
  };
  const auto expected = train_frozen_at_first(nullptr);
  EXPECT_TRUE(train_frozen_at_first(&graph_).equal(expected));
  EXPECT_EQ(graph_.num_recorded, 2);
  EXPECT_EQ(graph_.num_replayed, 8);
}

TEST_F(RecordedPassTest, LeavesMixedImagesToTheCaller) {
  auto mixed = batches(4);
  for (const std::size_t i : {1U, 3U}) {
    mixed[i].other_labels = 1 - mixed[i].labels;
    mixed[i].share = 0.25;
  }
  const auto expected = train(mixed, 5, nullptr);
  EXPECT_TRUE(train(mixed, 5, &graph_).equal(expected));
  EXPECT_EQ(graph_.num_replayed, 4);
}

TEST(LaunchGraphTest, TellsWhyADeviceHasNone) {
  EXPECT_ERROR(device::make_launch_graph(torch::kCPU), kConfig, "device cpu records none");
}

}  // namespace
}  // namespace assay::train
