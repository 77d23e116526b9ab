#include "data/loader.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include "data/memory_images.h"
#include "data/split.h"
#include "expect_error.h"

namespace assay::data {
namespace {

using ::testing::UnorderedElementsAreArray;

/// Makes images that can be told apart: the label is the place, and so is the red of the first pixel.
Images numbered_images(std::int64_t count, std::int64_t size = 8) {
  torch::manual_seed(1);
  Images images{torch::randint(0, 256, {count, 3, size, size}, torch::kByte), torch::arange(count)};
  images.pixels.select(3, 0).select(2, 0).select(1, 0).copy_(images.labels);
  return images;
}

const LoadingOptions kDefaults;

LoadingOptions with_workers(std::int64_t num_workers) {
  LoadingOptions options;
  options.loader.num_workers = num_workers;
  return options;
}

std::vector<std::int64_t> labels_of_epoch(Loader& loader, std::int64_t epoch) {
  std::vector<std::int64_t> labels;
  loader.start_epoch(epoch);
  while (const auto batch = loader.next()) {
    for (std::int64_t i = 0; i < batch->labels.size(0); ++i) labels.push_back(batch->labels[i].item<std::int64_t>());
  }
  return labels;
}

TEST(LoaderTest, GivesEachSampleOnceAnEpoch) {
  const auto images = numbered_images(50);
  LoadingOptions options;
  options.loader.keep_partial_batch = true;
  auto loader = Loader::for_training(images.at(all_places(50)), images.preprocessing(), options, 8, 1);
  EXPECT_EQ(loader.num_batches(), 7);
  for (const int epoch : {0, 1}) EXPECT_THAT(labels_of_epoch(loader, epoch), UnorderedElementsAreArray(all_places(50)));
  EXPECT_NE(labels_of_epoch(loader, 0), labels_of_epoch(loader, 1));
}

TEST(LoaderTest, BeginsAnEpochInTheMiddle) {
  const auto images = numbered_images(50);
  auto loader = Loader::for_training(images.at(all_places(50)), images.preprocessing(), with_workers(2), 8, 1);
  loader.start_epoch(3);
  loader.next();
  loader.next();
  const auto third = loader.next();
  loader.start_epoch(3, 2);
  EXPECT_TRUE(loader.next()->images.equal(third->images));
}

// Together the ranks see what one process sees, batch by batch.
TEST(LoaderTest, SharesEachBatchAmongTheRanks) {
  const auto images = numbered_images(50);
  const auto make = [&](Rank rank) {
    return Loader::for_training(images.at(all_places(50)), images.preprocessing(), kDefaults, 8, 1, rank);
  };
  auto whole = make({}), first = make({0, 2}), second = make({1, 2});
  EXPECT_EQ(first.num_batches(), whole.num_batches());
  while (const auto batch = whole.next()) {
    const auto parts = {first.next()->images, second.next()->images};
    EXPECT_TRUE(torch::equal(torch::cat(parts), batch->images));
  }
  EXPECT_FALSE(second.next().has_value());
  EXPECT_ERROR(make({0, 3}), kConfig, "batch");
}

// Two images of class 1 among 30.
TEST(LoaderTest, DrawsClassesEvenlyAndVariesWhatIsDrawnTwice) {
  auto images = numbered_images(30);
  images.labels = torch::arange(30).lt(2).to(torch::kInt64);
  auto options = with_workers(2);
  options.loader.sampling = "balanced";
  auto loader = Loader::for_training(images.at(all_places(30)), images.preprocessing(), options, 10, 3);
  EXPECT_EQ(loader.num_batches(), 3);
  std::int64_t num_rare = 0;
  std::vector<at::Tensor> rare;
  for (std::int64_t epoch = 0; epoch < 10; ++epoch) {
    loader.start_epoch(epoch);
    while (const auto batch = loader.next()) {
      num_rare += batch->labels.sum().item<std::int64_t>();
      if (epoch == 0) rare.push_back(batch->images.index({batch->labels == 1}).flatten(1));
    }
  }
  EXPECT_NEAR(static_cast<double>(num_rare), 150.0, 40.0);  // of 300
  const auto varied = std::get<0>(torch::unique_dim(torch::cat(rare), 0));
  EXPECT_GT(varied.size(0), 2);
  EXPECT_EQ(loader.labels().sum().item<std::int64_t>(), 2);
}

TEST(LoaderTest, BeginsADrawnEpochInTheMiddleForAnyWorkers) {
  const auto images = numbered_images(50);
  auto options = with_workers(0);
  options.loader.sampling = "balanced";
  auto whole = Loader::for_training(images.at(all_places(50)), images.preprocessing(), options, 8, 1);
  options.loader.num_workers = 3;
  auto later = Loader::for_training(images.at(all_places(50)), images.preprocessing(), options, 8, 1);
  whole.start_epoch(3);
  whole.next();
  whole.next();
  later.start_epoch(3, 2);
  while (const auto expected = whole.next()) EXPECT_TRUE(later.next()->images.equal(expected->images));
  EXPECT_FALSE(later.next().has_value());
}

TEST(LoaderTest, LimitsTheBatchesOfAnEpoch) {
  const auto images = numbered_images(50);
  auto loader = Loader::for_training(images.at(all_places(50)), images.preprocessing(), kDefaults, 8, 1);
  loader.limit(2);
  EXPECT_EQ(loader.num_batches(), 2);
  EXPECT_EQ(labels_of_epoch(loader, 0).size(), 16U);
}

TEST(LoaderTest, DropsTheSmallerLastBatchOfTraining) {
  const auto images = numbered_images(50);
  auto loader = Loader::for_training(images.at(all_places(50)), images.preprocessing(), kDefaults, 8, 1);
  EXPECT_EQ(loader.num_batches(), 6);
  EXPECT_EQ(labels_of_epoch(loader, 0).size(), 48U);
}

TEST(LoaderTest, KeepsValidationOutOfTraining) {
  const auto images = numbered_images(100);
  const auto partition = split_validation(torch::arange(100) % 10, 0.1, 1);
  auto training = Loader::for_training(images.at(partition.train), images.preprocessing(), kDefaults, 10, 1);
  auto validation = Loader::for_evaluation(images.at(partition.validation), images.preprocessing(), 10);
  EXPECT_THAT(labels_of_epoch(training, 0), UnorderedElementsAreArray(partition.train));
  EXPECT_EQ(labels_of_epoch(validation, 0), partition.validation);
}

TEST(LoaderTest, GivesTheSameBitsForAnyWorkers) {
  const auto images = numbered_images(64);
  auto reference = Loader::for_training(images.at(all_places(64)), images.preprocessing(), with_workers(0), 10, 5);
  for (const int num_workers : {1, 3}) {
    auto loader =
        Loader::for_training(images.at(all_places(64)), images.preprocessing(), with_workers(num_workers), 10, 5);
    for (const int epoch : {3, 1}) {
      reference.start_epoch(epoch);
      loader.start_epoch(epoch);
      while (const auto expected = reference.next()) {
        const auto batch = loader.next();
        ASSERT_TRUE(batch.has_value());
        EXPECT_TRUE(torch::equal(batch->images, expected->images));
        EXPECT_TRUE(torch::equal(batch->labels, expected->labels));
      }
      EXPECT_FALSE(loader.next().has_value());
    }
  }
}

TEST(LoaderTest, BeginsAnewInTheMiddleOfAnEpoch) {
  const auto images = numbered_images(64);
  auto loader = Loader::for_training(images.at(all_places(64)), images.preprocessing(), with_workers(2), 8, 5);
  loader.start_epoch(4);
  const auto first = loader.next();
  loader.next();
  loader.start_epoch(4);
  EXPECT_TRUE(torch::equal(loader.next()->images, first->images));
}

TEST(LoaderTest, VariesASampleByItsPlaceAndNotItsPosition) {
  const auto images = numbered_images(20);
  const auto image_of = [&](std::vector<std::int64_t> places, std::int64_t wanted) {
    auto loader = Loader::for_training(images.at(std::move(places)), images.preprocessing(), with_workers(0), 1, 9);
    loader.start_epoch(2);
    while (const auto batch = loader.next()) {
      if (batch->labels.item<std::int64_t>() == wanted) return batch->images;
    }
    return at::Tensor();
  };
  EXPECT_TRUE(torch::equal(image_of(all_places(20), 7), image_of({7, 9}, 7)));
}

TEST(LoaderTest, EvaluatesTheImagesAsTheyAre) {
  const auto images = numbered_images(10);
  const Normalization normalization{{0.4F, 0.5F, 0.6F}, {0.2F, 0.25F, 0.3F}};
  auto loader = Loader::for_evaluation(images.all(), images.preprocessing(normalization), 4);
  EXPECT_EQ(loader.num_batches(), 3);
  const auto expected = normalize(images.pixels, normalization);
  for (const int first : {0, 4, 8}) {
    const auto batch = loader.next();
    EXPECT_TRUE(torch::equal(batch->images, expected.slice(0, first, std::min(10, first + 4))));
    EXPECT_TRUE(batch->images.is_contiguous(at::MemoryFormat::ChannelsLast));
  }
  EXPECT_FALSE(loader.next().has_value());
}

TEST(LoaderTest, CarriesAFailureFromAWorker) {
  for (const int num_workers : {0, 2}) {
    const auto images = numbered_images(8);
    auto loader = Loader::for_training(images.at({0, 99}), images.preprocessing(), with_workers(num_workers), 2, 1);
    EXPECT_THROW(loader.next(), std::logic_error);
  }
}

TEST(LoaderTest, TrainsOnASmallerLastBatchButNotOnASingleImage) {
  const auto images = numbered_images(10, 8);
  auto options = with_workers(1);
  options.loader.keep_partial_batch = true;
  EXPECT_EQ(Loader::for_training(images.at(all_places(10)), images.preprocessing(), options, 4, 1).num_batches(), 3);
  EXPECT_EQ(Loader::for_training(images.at(all_places(9)), images.preprocessing(), options, 4, 1).num_batches(), 2);
  EXPECT_EQ(Loader::for_evaluation(images.at(all_places(9)), images.preprocessing(), 4).num_batches(), 3);
}

}  // namespace
}  // namespace assay::data
