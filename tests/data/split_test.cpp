#include "data/split.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include <algorithm>

namespace assay::data {
namespace {

using ::testing::UnorderedElementsAreArray;

at::Tensor uneven_labels() {  // 10 of class 0, 20 of class 1, 30 of class 2, mixed
  std::vector<std::int64_t> labels;
  for (int i = 0; i < 30; ++i) {
    if (i < 10) labels.push_back(0);
    if (i < 20) labels.push_back(1);
    labels.push_back(2);
  }
  return torch::tensor(labels);
}

TEST(SplitTest, DividesIntoDisjointPartsThatGiveTheWhole) {
  const auto partition = split_validation(uneven_labels(), 0.2, 1);
  auto all = partition.train;
  all.insert(all.end(), partition.validation.begin(), partition.validation.end());
  EXPECT_THAT(all, UnorderedElementsAreArray(all_places(60)));
  EXPECT_TRUE(std::is_sorted(partition.train.begin(), partition.train.end()));
}

TEST(SplitTest, TakesTheSameFractionOfEachClass) {
  const auto labels = uneven_labels();
  const auto partition = split_validation(labels, 0.2, 1);
  const auto counts = torch::bincount(labels.index_select(0, torch::tensor(partition.validation)));
  EXPECT_TRUE(torch::equal(counts, torch::tensor({2, 4, 6})));
}

TEST(SplitTest, DependsOnTheSeedAlone) {
  const auto labels = uneven_labels();
  EXPECT_EQ(split_validation(labels, 0.5, 3).validation, split_validation(labels, 0.5, 3).validation);
  EXPECT_NE(split_validation(labels, 0.5, 3).validation, split_validation(labels, 0.5, 4).validation);
}

TEST(SplitTest, TakesNothingForFractionZero) {
  EXPECT_TRUE(split_validation(uneven_labels(), 0.0, 1).validation.empty());
}

TEST(DrawPlacesTest, DrawsFromThePlacesWithoutRepetition) {
  const std::vector<std::int64_t> places{5, 8, 13, 21, 34};
  auto drawn = draw_places(places, 3, 1);
  EXPECT_EQ(drawn.size(), 3U);
  std::sort(drawn.begin(), drawn.end());
  EXPECT_EQ(std::unique(drawn.begin(), drawn.end()), drawn.end());
  EXPECT_TRUE(std::includes(places.begin(), places.end(), drawn.begin(), drawn.end()));
  EXPECT_THAT(draw_places(places, 99, 1), UnorderedElementsAreArray(places));
}

TEST(DrawnByClassTest, DrawsEachClassAndEachOfItsImagesAsOften) {
  const auto labels = uneven_labels();
  const auto places = all_places(60);
  std::vector<std::int64_t> all;
  for (int epoch = 0; epoch < 200; ++epoch) {
    const auto drawn = drawn_by_class(places, labels, 1, epoch);
    ASSERT_EQ(drawn.size(), places.size());
    all.insert(all.end(), drawn.begin(), drawn.end());
  }
  const auto counts = torch::bincount(torch::tensor(all), {}, 60).to(torch::kFloat64);  // 12000 in all
  for (const std::int64_t label : {0, 1, 2}) {
    const auto own = counts.masked_select(labels == label);
    const auto expected = 4000.0 / static_cast<double>(own.numel());
    EXPECT_NEAR(own.sum().item<double>(), 4000.0, 250.0) << label;
    EXPECT_NEAR(own.min().item<double>(), expected, 0.3 * expected + 20.0) << label;
    EXPECT_NEAR(own.max().item<double>(), expected, 0.3 * expected + 20.0) << label;
  }
}

TEST(DrawnByClassTest, DependsOnSeedAndEpochAloneAndKeepsToThePlaces) {
  const auto labels = uneven_labels();
  const std::vector<std::int64_t> places{0, 1, 2, 5, 8, 50};
  const auto drawn = drawn_by_class(places, labels, 1, 1);
  EXPECT_EQ(drawn, drawn_by_class(places, labels, 1, 1));
  EXPECT_NE(drawn_by_class(all_places(60), labels, 1, 1), drawn_by_class(all_places(60), labels, 1, 2));
  EXPECT_NE(drawn_by_class(all_places(60), labels, 1, 1), drawn_by_class(all_places(60), labels, 2, 1));
  EXPECT_THAT(drawn, ::testing::Each(::testing::AnyOfArray(places)));
}

TEST(ShuffledTest, GivesAnotherPermutationEachEpoch) {
  const auto places = all_places(100);
  EXPECT_THAT(shuffled(places, 1, 1), UnorderedElementsAreArray(places));
  EXPECT_EQ(shuffled(places, 1, 1), shuffled(places, 1, 1));
  EXPECT_NE(shuffled(places, 1, 1), shuffled(places, 1, 2));
  EXPECT_NE(shuffled(places, 1, 1), shuffled(places, 2, 1));
}

}  // namespace
}  // namespace assay::data
