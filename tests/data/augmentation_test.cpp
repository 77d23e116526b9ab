#include "data/augmentation.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include <fstream>
#include <map>
#include <set>

#include "data/data_section.h"
#include "expect_error.h"

namespace assay::data {
namespace {

constexpr ImageSize kSize{8, 8};

Augmentations make(const std::vector<std::string>& names, const std::string& options = "", ImageSize size = kSize) {
  return {names, data_section(options), size};
}

/// Returns an image of 8 x 8 whose bytes all differ from place to place. Shapes: (3, 8, 8) uint8.
at::Tensor numbered_image() { return torch::arange(192, torch::kByte).view({3, 8, 8}); }

/// Returns the image of a place as the network gets it, its bytes as numbers. Shapes: (H, W, 3).
at::Tensor varied(const Augmentations& augmentations, const at::Tensor& image, std::int64_t place = 0,
                  std::int64_t epoch = 1, ImageSize size = kSize) {
  TrainingImage training_image(image, size, "pad");
  auto rng = augmentation_rng(1, epoch, place);
  augmentations.vary(training_image, rng);
  auto output = torch::empty({size.height, size.width, 3});
  training_image.write(Transform(Preprocessing{size}), output.mutable_data_ptr<float>());
  return (output * 255.0).round();
}

at::Tensor rows_of(const at::Tensor& image) { return image.permute({1, 2, 0}).to(torch::kFloat); }

TEST(AugmentationTest, HasARegistryLineForEachFile) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(ASSAY_SOURCE_DIR "/src/data/augmentations")) {
    files.insert(entry.path().stem());
  }
  std::set<std::string> names;
  for (const auto& augmentation : describe_augmentations()) names.insert(augmentation.name);
  EXPECT_EQ(files, names);
}

TEST(AugmentationTest, SuggestsTheNearestNameAndReportsBadOptions) {
  EXPECT_ERROR(make({"flop"}), kConfig, "did you mean `flip`?");
  EXPECT_ERROR(make({"rotation"}, "rotation = {degrees = 400}"), kConfig, "data.rotation.degrees = 400");
  EXPECT_ERROR(make({"padded_crop"}, "padded_crop = {pixels = 8}"), kConfig, "padded_crop.pixels = 8: must be less");
  EXPECT_NO_THROW(make({"padded_crop"}, "padded_crop = {pixels = 8, padding = \"zero\"}"));
}

TEST(AugmentationTest, TakesOptionsOfTablesUnderOtherNames) {
  const auto all = make({"always", "flip"}, "always = {name = \"flip\", probability = 1}\nflip = {probability = 1}");
  EXPECT_TRUE(varied(all, numbered_image()).equal(rows_of(numbered_image())));
  const auto one = make({"always"}, "always = {name = \"flip\", probability = 1}");
  EXPECT_TRUE(varied(one, numbered_image()).equal(rows_of(numbered_image().flip(2))));
}

// Crops and flips wait for the last pass; what needs pixels must see them nevertheless.
TEST(AugmentationTest, ActsInTheOrderOfTheList) {
  const auto step = [](const std::string& name) { return make({name}, "flip = {probability = 1}"); };
  for (const auto& names : std::vector<std::vector<std::string>>{{"flip", "padded_crop"},
                                                                 {"padded_crop", "flip"},
                                                                 {"padded_crop", "padded_crop"},
                                                                 {"flip", "rotation", "flip"},
                                                                 {"flip", "random_resized_crop"}}) {
    TrainingImage expected(numbered_image(), kSize, "pad"), together(numbered_image(), kSize, "pad");
    auto rng = augmentation_rng(1, 1, 5);
    for (const auto& name : names) {
      step(name).vary(expected, rng);
      expected.set_pixels(expected.pixels());
    }
    auto same_rng = augmentation_rng(1, 1, 5);
    make(names, "flip = {probability = 1}").vary(together, same_rng);
    EXPECT_TRUE(together.pixels().equal(expected.pixels())) << testing::PrintToString(names);
  }
}

TEST(AugmentationTest, DependsOnSeedEpochAndPlaceAlone) {
  const auto all = make({"random_resized_crop", "flip", "rotation", "color_jitter", "cutout", "rand_augment",
                         "trivial_augment", "padded_crop"});
  const auto image = torch::randint(0, 256, {3, 20, 30}, torch::kByte);
  EXPECT_TRUE(varied(all, image, 3, 2).equal(varied(all, image, 3, 2)));
  EXPECT_FALSE(varied(all, image, 3, 2).equal(varied(all, image, 4, 2)));
  EXPECT_FALSE(varied(all, image, 3, 2).equal(varied(all, image, 3, 3)));
}

TEST(AugmentationTest, DrawsEveryShiftAboutEquallyOftenAndFlipsEveryOther) {
  const auto all = make({"padded_crop", "flip"}, "padded_crop = {pixels = 2, padding = \"zero\"}");
  auto image = torch::zeros({3, 8, 8}, torch::kByte);
  image.select(2, 3).select(1, 4).fill_(200);  // one bright pixel
  std::map<std::int64_t, int> columns;
  for (int place = 0; place < 4000; ++place) {
    ++columns[varied(all, image, place).select(2, 0).argmax().item<std::int64_t>() % 8];
  }
  // Without a flip the column is 4 +- 2, with one it is 3 +- 2.
  EXPECT_EQ(columns.size(), 6U);
  for (const auto& [column, count] : columns) {
    EXPECT_NEAR(count, column == 1 || column == 6 ? 400 : 800, 110) << column;
  }
}

TEST(AugmentationTest, CutsOutPartsOfEveryAreaAndAspect) {
  const auto all = make({"random_resized_crop"}, "random_resized_crop = {smallest_area = 0.25}", {16, 16});
  // Brightness rises to the right, so that the difference between the sides shows the part's width.
  const auto image = torch::arange(240).to(torch::kByte).view({1, 1, 240}).expand({3, 240, 240}).contiguous();
  double narrowest = 1.0, widest = 0.0;
  for (int place = 0; place < 300; ++place) {
    const auto row = varied(all, image, place, 1, {16, 16}).select(2, 0).select(0, 8);
    const auto width = (row[14] - row[1]).item<double>() / 13.0 * 16.0 / 240.0;
    narrowest = std::min(narrowest, width);
    widest = std::max(widest, width);
  }
  EXPECT_NEAR(narrowest, std::sqrt(0.25 * 0.75), 0.06);  // a quarter of the area, upright
  EXPECT_NEAR(widest, 1.0, 0.06);
}

TEST(AugmentationTest, AsksForImagesLargeEnoughForTheirPart) {
  const auto all = make({"random_resized_crop"}, "random_resized_crop = {smallest_area = 0.25}");
  for (int place = 0; place < 50; ++place) {
    const auto needed = all.needed(kSize, augmentation_rng(1, 1, place));
    EXPECT_GE(needed.height, 8);
    EXPECT_LE(needed.height, 16);
  }
  EXPECT_EQ(make({"flip"}).needed(kSize, augmentation_rng(1, 1, 0)), kSize);
}

TEST(AugmentationTest, HidesASquare) {
  const auto all = make({"cutout"}, "cutout = {side = 0.5}");
  double largest = 0.0;
  for (int place = 0; place < 60; ++place) {
    const auto hidden = varied(all, torch::zeros({3, 8, 8}, torch::kByte), place).eq(128.0).sum().item<double>() / 3.0;
    EXPECT_GE(hidden, 4.0);  // a quarter of it lies in the image at least
    largest = std::max(largest, hidden);
  }
  EXPECT_EQ(largest, 16.0);
}

TEST(AugmentationTest, JittersOnlyWhatIsAskedFor) {
  const auto image = torch::randint(0, 256, {3, 8, 8}, torch::kByte);
  const auto off = make({"color_jitter"}, "color_jitter = {brightness = 0, contrast = 0, saturation = 0}");
  EXPECT_TRUE(varied(off, image).equal(rows_of(image)));
  const auto dimmed = varied(make({"color_jitter"}, "color_jitter = {contrast = 0, saturation = 0}"), image);
  EXPECT_FALSE(dimmed.equal(rows_of(image)));
}

Batch plain_batch(std::int64_t count = 4) {
  const auto values = torch::arange(count, torch::kFloat).view({count, 1, 1, 1});
  return {values.expand({count, 3, 8, 8}).contiguous(at::MemoryFormat::ChannelsLast), torch::arange(count)};
}

TEST(MixingTest, DoesNothingUnlessAsked) {
  auto batch = plain_batch();
  make({"flip"}).mix(batch, 1, 1, 0);
  EXPECT_FALSE(batch.other_labels.defined());
  EXPECT_EQ(batch.share, 1.0);
}

TEST(MixingTest, MixupBlendsImagesByTheShareOfTheirLabels) {
  auto batch = plain_batch();
  make({"mixup"}, "mixup = {alpha = 1}").mix(batch, 1, 1, 0);
  EXPECT_TRUE(batch.other_labels.equal(torch::tensor({3, 2, 1, 0})));
  for (std::int64_t i = 0; i < 4; ++i) {
    const auto expected = batch.share * static_cast<double>(i) + (1.0 - batch.share) * static_cast<double>(3 - i);
    EXPECT_NEAR(batch.images[i].min().item<double>(), expected, 1e-6);
    EXPECT_NEAR(batch.images[i].max().item<double>(), expected, 1e-6);
  }
}

TEST(MixingTest, CutmixSharesTheLabelsByTheAreaThatIsLeft) {
  const auto cutmix = make({"cutmix"});
  for (std::int64_t number = 0; number < 50; ++number) {
    auto batch = plain_batch();
    cutmix.mix(batch, 1, 1, number);
    const auto kept = batch.images[0][0].eq(0.0).to(torch::kDouble).mean().item<double>();
    EXPECT_NEAR(kept, batch.share, 1e-9) << "batch " << number;
  }
}

TEST(MixingTest, GivesEachBatchOneOfSeveral) {
  const auto both = make({"mixup", "cutmix"});
  int blended = 0;
  for (std::int64_t number = 0; number < 100; ++number) {
    auto batch = plain_batch(2);
    both.mix(batch, 1, 1, number);
    const auto values = std::get<0>(at::_unique(batch.images));
    blended += values.frac().any().item<bool>();
  }
  EXPECT_NEAR(blended, 50, 20);
}

TEST(MixingTest, DependsOnSeedEpochAndNumberAlone) {
  const auto both = make({"mixup", "cutmix"});
  const auto share = [&](std::uint64_t seed, std::int64_t epoch, std::int64_t number) {
    auto batch = plain_batch();
    both.mix(batch, seed, epoch, number);
    return batch.share;
  };
  EXPECT_EQ(share(1, 1, 0), share(1, 1, 0));
  EXPECT_NE(share(1, 1, 0), share(2, 1, 0));
  EXPECT_NE(share(1, 1, 0), share(1, 2, 0));
  EXPECT_NE(share(1, 1, 0), share(1, 1, 1));
}

}  // namespace
}  // namespace assay::data
