#include "data/drawing.h"

#include <gtest/gtest.h>

#include <cmath>

namespace assay::data {
namespace {

const Fill kWhite{{1.0F, 1.0F, 1.0F}, {}, Pattern::kPlain, {}};

std::vector<std::uint8_t> painted(int size, const Drawing& drawing, const Pose& pose) {
  Canvas canvas(size);
  canvas.draw(drawing, View(pose));
  Rng rng(0, Stream::kDataset);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(3 * size * size));
  canvas.write(rng, 0.0F, pixels.data());
  return pixels;
}

/// Returns the covered share of the picture.
double coverage(const std::vector<std::uint8_t>& pixels) {
  double sum = 0.0;
  for (const auto value : pixels) sum += value;
  return sum / 255.0 / static_cast<double>(pixels.size());
}

TEST(StrokeTest, MeasuresDistances) {
  Drawing drawing;
  drawing.box({-1.0F, -1.0F}, {1.0F, 1.0F}, kWhite);
  drawing.box({-1.0F, -1.0F}, {1.0F, 1.0F}, kWhite, 0.5F);
  drawing.line({-1.0F, 0.0F}, {1.0F, 0.0F}, 0.2F, kWhite);
  drawing.ellipse({0.0F, 0.0F}, {0.5F, 0.5F}, kWhite);
  drawing.ring({0.0F, 0.0F}, 0.5F, 0.1F, kWhite);
  const auto& strokes = drawing.strokes();
  EXPECT_FLOAT_EQ(strokes[0].distance({0.0F, 0.0F}), -1.0F);
  EXPECT_FLOAT_EQ(strokes[0].distance({1.3F, 1.4F}), 0.5F);
  EXPECT_NEAR(strokes[1].distance({1.0F, 1.0F}), 0.5F * (std::sqrt(2.0F) - 1.0F), 1e-6F);  // the corner is rounded off
  EXPECT_FLOAT_EQ(strokes[2].distance({0.3F, 0.5F}), 0.4F);
  EXPECT_FLOAT_EQ(strokes[3].distance({1.0F, 0.0F}), 0.5F);
  EXPECT_NEAR(strokes[3].distance({0.51F, 0.0F}), 0.01F, 1e-3F);
  EXPECT_FLOAT_EQ(strokes[4].distance({0.0F, 0.0F}), 0.45F);
}

TEST(CanvasTest, CoversTheAreaOfTheShape) {
  Drawing square;
  square.box({-1.0F, -1.0F}, {1.0F, 1.0F}, kWhite);
  Drawing disc;
  disc.ellipse({0.0F, 0.0F}, {1.0F, 1.0F}, kWhite);
  Pose pose;
  pose.scale = 0.3F;
  EXPECT_NEAR(coverage(painted(32, square, pose)), 0.36, 0.004);
  EXPECT_NEAR(coverage(painted(32, disc, pose)), 0.2827, 0.004);
  pose.angle = 0.5F;  // turning and shearing keep the area
  pose.shear = 0.2F;
  EXPECT_NEAR(coverage(painted(32, square, pose)), 0.36, 0.01);
}

TEST(CanvasTest, PaintsTheSamePictureAtAnyResolution) {
  Drawing drawing;
  drawing.polygon({{-0.9F, -0.5F}, {0.7F, -0.8F}, {0.2F, 0.9F}}, kWhite);
  Pose pose;
  pose.perspective = {0.2F, -0.1F};
  EXPECT_NEAR(coverage(painted(24, drawing, pose)), coverage(painted(192, drawing, pose)), 0.005);
}

TEST(CanvasTest, CoversLaterOverEarlier) {
  Drawing drawing;
  drawing.box({-1.0F, -1.0F}, {1.0F, 1.0F}, kWhite);
  drawing.box({-0.5F, -0.5F}, {0.5F, 0.5F}, Fill{});
  const auto pixels = painted(33, drawing, Pose{});
  EXPECT_EQ(pixels[16 * 33 + 16], 0);
  EXPECT_EQ(pixels[16 * 33 + 6], 255);
}

TEST(ViewTest, MapsBackWhatItMaps) {
  Pose pose;
  pose.center = {0.4F, 0.6F};
  pose.angle = 0.7F;
  pose.shear = 0.2F;
  pose.aspect = 1.2F;
  pose.perspective = {0.15F, -0.1F};
  pose.mirrored = true;
  const View view(pose);
  float scale = 0.0F;
  const Point back = view.to_drawing(view.to_picture({0.3F, -0.8F}), scale);
  EXPECT_NEAR(back.x, 0.3F, 1e-5F);
  EXPECT_NEAR(back.y, -0.8F, 1e-5F);
  EXPECT_GT(scale, 0.2F);
  EXPECT_LT(scale, 0.8F);
}

TEST(ViewTest, KeepsTheScaleOfAnUpright) {
  float scale = 0.0F;
  View(Pose{}).to_drawing({0.5F, 0.5F}, scale);
  EXPECT_FLOAT_EQ(scale, 0.4F);
}

}  // namespace
}  // namespace assay::data
