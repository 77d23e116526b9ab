#include "app/classification.h"

#include <torch/torch.h>

#include "expect_error.h"

namespace assay::app {
namespace {

TEST(DivideTrainingSetTest, KeepsImagesOnBothSides) {
  const auto labels = torch::arange(100) % 10;
  const auto partition = divide_training_set(labels, 0.2, 1);
  EXPECT_EQ(partition.train.size(), 80U);
  EXPECT_EQ(partition.validation.size(), 20U);
  EXPECT_NE(divide_training_set(labels, 0.2, 2).validation, partition.validation);
  EXPECT_ERROR(divide_training_set(labels, 0.0, 1), kConfig, "leaves 100 images for training and 0 for validation");
  EXPECT_ERROR(divide_training_set(labels, 0.01, 1), kConfig, "0 for validation");
}

TEST(EvaluationBatchTest, FollowsTheMicroBatch) {
  EXPECT_EQ(evaluation_batch(8), 8);
  EXPECT_EQ(evaluation_batch(1024), 250);
}

}  // namespace
}  // namespace assay::app
