#include "data/transforms.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace assay::data {
namespace {

/// Applies to a 3x3 image whose red plane is 1..9, green 11..19, blue 21..29, and returns the bytes of `channel`.
std::vector<int> varied(const Variation& variation, std::size_t channel = 0) {
  const auto numbers = torch::arange(1, 10, torch::kByte);
  const auto image = torch::cat({numbers, numbers + 10, numbers + 20}).view({3, 3, 3});
  std::vector<float> output(27);
  Transform(Preprocessing{{3, 3}}).apply(image, variation, output.data());
  std::vector<int> values;
  for (std::size_t i = 0; i < 9; ++i) values.push_back(static_cast<int>(std::lround(255.0F * output[3 * i + channel])));
  return values;
}

TEST(TransformTest, LeavesAnUnvariedImage) {
  EXPECT_EQ(varied({}), (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(varied({}, 2), (std::vector<int>{21, 22, 23, 24, 25, 26, 27, 28, 29}));
}

TEST(TransformTest, MirrorsLeftToRight) {
  EXPECT_EQ(varied({0, 0, true}, 1), (std::vector<int>{13, 12, 11, 16, 15, 14, 19, 18, 17}));
}

TEST(TransformTest, CropsWithBlackAround) {
  EXPECT_EQ(varied({1, -1, false}), (std::vector<int>{0, 0, 0, 2, 3, 0, 5, 6, 0}));
}

TEST(TransformTest, CropsWithTheBorderReflected) {
  EXPECT_EQ(varied({1, -1, false, true}), (std::vector<int>{5, 6, 5, 2, 3, 2, 5, 6, 5}));
  EXPECT_EQ(varied({-2, 0, false, true}), (std::vector<int>{3, 2, 1, 6, 5, 4, 9, 8, 7}));
}

TEST(TransformTest, MirrorsWhatWasCropped) {
  EXPECT_EQ(varied({1, 0, true}), (std::vector<int>{0, 3, 2, 0, 6, 5, 0, 9, 8}));
}

TEST(TransformTest, TakesRowsOfPixelsAsADecoderGivesThem) {
  const auto planes = torch::randint(0, 256, {3, 4, 5}, torch::kByte);
  const auto rows = planes.permute({1, 2, 0}).contiguous().permute({2, 0, 1});
  const Transform transform(Preprocessing{{4, 5}});
  const Variation variation{1, -1, true, true};
  std::vector<float> of_planes(60), of_rows(60);
  transform.apply(planes, variation, of_planes.data());
  transform.apply(rows, variation, of_rows.data());
  EXPECT_EQ(of_planes, of_rows);
}

TEST(TransformTest, FitsImagesOfOtherSizes) {
  const auto image = torch::full({3, 10, 20}, 200, torch::kByte);
  std::vector<float> output(3 * 8 * 8);
  Transform(Preprocessing{{8, 8}, {}, "pad"}).apply(image, {}, output.data());
  EXPECT_NEAR(output[0], 128.0 / 255.0, 1e-6);                // above the picture
  EXPECT_NEAR(output[3 * (8 * 4 + 4)], 200.0 / 255.0, 1e-6);  // in its middle
}

TEST(NormalizeTest, MatchesTheFormulaAndIsChannelsLast) {
  const auto pixels = torch::randint(0, 256, {3, 3, 5, 7}, torch::kByte);
  const auto images = normalize(pixels, {{0.4F, 0.5F, 0.6F}, {0.2F, 0.25F, 0.3F}});
  const auto mean = torch::tensor({0.4F, 0.5F, 0.6F}).view({1, 3, 1, 1});
  const auto std = torch::tensor({0.2F, 0.25F, 0.3F}).view({1, 3, 1, 1});
  EXPECT_TRUE(torch::allclose(images, (pixels.to(torch::kFloat) / 255 - mean) / std, 1e-6, 1e-6));
  EXPECT_TRUE(images.is_contiguous(at::MemoryFormat::ChannelsLast));
}

}  // namespace
}  // namespace assay::data
