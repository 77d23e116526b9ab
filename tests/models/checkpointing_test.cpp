#include "models/checkpointing.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/model.h"
#include "models/model_section.h"

namespace assay::models {
namespace {

// Holds a network after one backward pass, and what that took.
struct Trained {
  explicit Trained(bool checkpointed) {
    model = make_model(small_image_model(), 10, 1);
    model->set_gradient_checkpointing(checkpointed);
    model->train();
    torch::manual_seed(4);
    const auto images = torch::rand({16, 3, 32, 32});
    torch::manual_seed(5);
    loss = model->forward(images).square().sum();
    loss.backward();
  }
  std::shared_ptr<Model> model;
  at::Tensor loss;
};

TEST(CheckpointingTest, GivesTheSameGradientsAndStatisticsBitByBit) {
  const Trained plain(false), checkpointed(true);
  EXPECT_TRUE(plain.loss.equal(checkpointed.loss));
  const auto expected = plain.model->named_parameters();
  for (const auto& parameter : checkpointed.model->named_parameters()) {
    EXPECT_TRUE(parameter.value().grad().equal(expected[parameter.key()].grad())) << parameter.key();
  }
  const auto buffers = plain.model->named_buffers();
  for (const auto& buffer : checkpointed.model->named_buffers()) {
    EXPECT_TRUE(buffer.value().equal(buffers[buffer.key()])) << buffer.key();
  }
}

TEST(CheckpointingTest, CutsOnlyWhereOneValueCrosses) {
  const auto model = make_model(small_image_model(), 10, 1);
  const auto& graph = model->graph();
  const auto cuts = cut_points(graph);
  EXPECT_GT(cuts.size(), 10U);
  EXPECT_EQ(cuts.back(), graph.back().id);
  for (const auto cut : cuts) {
    for (const auto& node : graph) {
      if (node.id <= cut) continue;
      for (const auto input : node.inputs) EXPECT_GE(input, cut) << "node " << node.id << " reaches over cut " << cut;
    }
  }
}

}  // namespace
}  // namespace assay::models
