#include "eval/class_scores.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <filesystem>

#include "core/json.h"

namespace assay::eval {
namespace {

at::Tensor to_tensor(const Json& values) { return torch::tensor(values.get<std::vector<std::int64_t>>()); }

/// Reads golden/imbalance.json, written by golden/imbalance.py with scikit-learn.
Json golden() { return read_json(std::filesystem::path(ASSAY_SOURCE_DIR) / "tests/golden/imbalance.json")["scores"]; }

TEST(ClassScoresTest, EqualScikitLearns) {
  const auto cases = golden();
  ASSERT_EQ(cases.size(), 6U);
  for (const auto& one : cases) {
    const std::int64_t num_classes = one["num_classes"];
    const auto scores = score_classes(to_tensor(one["labels"]), to_tensor(one["predictions"]), num_classes);
    EXPECT_NEAR(scores.macro_f1, one["macro_f1"].get<double>(), 1e-12) << one;
    EXPECT_NEAR(scores.balanced_accuracy, one["balanced_accuracy"].get<double>(), 1e-12) << one;
    ASSERT_EQ(scores.classes.size(), static_cast<std::size_t>(num_classes));
    for (std::size_t label = 0; label < scores.classes.size(); ++label) {
      EXPECT_TRUE(scores.confusion[static_cast<std::int64_t>(label)].equal(to_tensor(one["confusion"][label]))) << one;
      EXPECT_NEAR(scores.classes[label].recall, one["recall"][label].get<double>(), 1e-12) << one;
      EXPECT_NEAR(scores.classes[label].precision, one["precision"][label].get<double>(), 1e-12) << one;
      EXPECT_NEAR(scores.classes[label].f1, one["f1"][label].get<double>(), 1e-12) << one;
    }
  }
}

TEST(ClassScoresTest, CountTheImagesOfEachClass) {
  const auto scores = score_classes(torch::tensor({0, 0, 0, 1}), torch::tensor({0, 0, 1, 1}), 3);
  EXPECT_EQ(scores.classes[0].num_images, 3);
  EXPECT_EQ(scores.classes[0].num_predicted, 2);
  EXPECT_EQ(scores.classes[0].num_correct, 2);
  EXPECT_EQ(scores.classes[2].num_images, 0);
}

TEST(ClassScoresTest, AreZeroWithoutImages) {
  const auto none = torch::empty({0}, torch::kInt64);
  const auto scores = score_classes(none, none, 3);
  EXPECT_EQ(scores.macro_f1, 0.0);
  EXPECT_EQ(scores.balanced_accuracy, 0.0);
}

}  // namespace
}  // namespace assay::eval
