// Networks with fewer channels than a vector register holds, as pruning makes them.

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/guarded_allocator.h"
#include "models/kept_channels.h"
#include "models/model_section.h"

namespace assay::models {
namespace {

void train_once(Model& model) {
  model.train();
  const auto images = torch::randn({2, 3, 96, 96}).contiguous(at::MemoryFormat::ChannelsLast);
  model.forward(images).logsumexp(1).sum().backward();
  model.zero_grad();  // frees the gradients, which are checked then
}

std::int64_t num_overrun_in_training(Model& model) {
  const auto before = GuardedAllocator::num_overrun();
  {
    const GuardedAllocator guarded;
    train_once(model);
  }
  return GuardedAllocator::num_overrun() - before;
}

class FewChannelsTest : public testing::TestWithParam<std::string> {};

TEST_P(FewChannelsTest, TrainingStaysWithinItsMemory) {
  const auto model = make_model(plugin_section(GetParam()), 10, 1);
  for (const std::int64_t count : {4, 8, 12}) {
    const auto smaller = with_channels(*model, first_channels(*model, count));
    EXPECT_EQ(num_overrun_in_training(*smaller), 0) << count << " channels";
  }
}

INSTANTIATE_TEST_SUITE_P(Models, FewChannelsTest,
                         testing::Values("resnet20", "resnet18", "resnet50", "continuous_integration"),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace assay::models
