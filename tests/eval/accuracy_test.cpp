#include "eval/accuracy.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "data/memory_images.h"
#include "expect_error.h"

namespace assay::eval {
namespace {

// Four grey images with brightness 50 times their label.
data::Images grey_images() {
  const auto labels = torch::tensor({0, 1, 2, 1}, torch::kInt64);
  return {(labels * 50).to(torch::kUInt8).view({4, 1, 1, 1}).expand({4, 3, 2, 2}).contiguous(), labels};
}

data::Loader loader_of(const data::Images& images) {
  return data::Loader::for_evaluation(images.all(), images.preprocessing(), 3);
}

TEST(AccuracyTest, CountsWhatIsRightOverUnevenBatches) {
  const auto images = grey_images();
  auto loader = loader_of(images);
  const auto always_one = [](const at::Tensor& batch) {
    auto logits = torch::zeros({batch.size(0), 3});
    logits.select(1, 1).fill_(100.0);
    return logits;
  };
  const auto accuracy = measure_accuracy(always_one, loader, torch::kCPU, "test");
  EXPECT_EQ(accuracy.num_correct, 2);
  EXPECT_EQ(accuracy.num_samples, 4);
  EXPECT_DOUBLE_EQ(accuracy.value(), 0.5);
  EXPECT_NEAR(accuracy.loss, 50.0, 1e-4);  // 100 for each of the two that are wrong
  EXPECT_TRUE(accuracy.predictions.equal(torch::ones({4}, torch::kInt64)));
  EXPECT_TRUE(accuracy.labels.equal(images.labels));
  EXPECT_EQ(accuracy.num_classes, 3);
  EXPECT_DOUBLE_EQ(accuracy.class_scores().balanced_accuracy, 1.0 / 3.0);
}

TEST(AccuracyTest, UniformLogitsCostTheLogOfTheClasses) {
  const auto images = grey_images();
  auto loader = loader_of(images);
  const auto uniform = [](const at::Tensor& batch) { return torch::zeros({batch.size(0), 3}); };
  EXPECT_NEAR(measure_accuracy(uniform, loader, torch::kCPU, "test").loss, std::log(3.0), 1e-6);
}

TEST(AccuracyTest, TakesFewerImagesAtATimeWhereMemoryRunsOut) {
  const auto images = grey_images();
  auto loader = loader_of(images);
  std::vector<std::int64_t> tried;
  const auto by_brightness = [&](const at::Tensor& batch) {
    tried.push_back(batch.size(0));
    TORCH_CHECK_WITH(OutOfMemoryError, batch.size(0) < 2, "no memory");
    return -(batch.mean({1, 2, 3}).unsqueeze(1) - torch::arange(3) * 50.0 / 255.0).abs();
  };
  const auto accuracy = measure_accuracy(by_brightness, loader, torch::kCPU, "test");
  EXPECT_EQ(tried, (std::vector<std::int64_t>{3, 2, 1, 1, 1, 1})) << "the second batch has one image";
  EXPECT_EQ(accuracy.num_correct, 4);
  EXPECT_TRUE(accuracy.predictions.equal(images.labels));
  const auto nothing = [](const at::Tensor&) -> at::Tensor { TORCH_CHECK_WITH(OutOfMemoryError, false, "no memory"); };
  EXPECT_ERROR(measure_accuracy(nothing, loader, torch::kCPU, "test"), kConfig,
               "test: a single image does not fit into memory");
}

TEST(AgreementTest, IsTheShareOfEqualPredictions) {
  EXPECT_DOUBLE_EQ(agreement(torch::tensor({1, 2, 3, 4}), torch::tensor({1, 2, 3, 5})), 0.75);
}

}  // namespace
}  // namespace assay::eval
