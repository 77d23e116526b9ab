#include "data/warp.h"

#include <ATen/ops/empty_like.h>

#include <cmath>
#include <numbers>

#include "data/source.h"

namespace assay::data {
namespace {

/// The pixels of an image with grey all around.
struct Plane {
  const std::uint8_t* pixels;
  std::int64_t height, width;

  double at(std::int64_t row, std::int64_t column, std::int64_t channel) const {
    const bool is_outside = row < 0 || column < 0 || row >= height || column >= width;
    return is_outside ? kGrey : pixels[(row * width + column) * kNumChannels + channel];
  }
};

}  // namespace

Affine rotation(double degrees) {
  const auto angle = degrees * std::numbers::pi / 180.0;
  return {.a = std::cos(angle), .b = -std::sin(angle), .c = std::sin(angle), .d = std::cos(angle)};
}

at::Tensor warp(const at::Tensor& pixels, const Affine& map) {
  const Plane image{pixels.const_data_ptr<std::uint8_t>(), pixels.size(0), pixels.size(1)};
  auto warped = at::empty_like(pixels);
  auto* output = warped.mutable_data_ptr<std::uint8_t>();
  const auto middle_x = static_cast<double>(image.width) / 2.0, middle_y = static_cast<double>(image.height) / 2.0;
  for (std::int64_t row = 0; row < image.height; ++row) {
    const auto y = static_cast<double>(row) + 0.5 - middle_y;
    for (std::int64_t column = 0; column < image.width; ++column) {
      const auto x = static_cast<double>(column) + 0.5 - middle_x;
      const auto source_x = map.a * x + map.b * y + map.offset_x + middle_x - 0.5;
      const auto source_y = map.c * x + map.d * y + map.offset_y + middle_y - 0.5;
      const auto left = static_cast<std::int64_t>(std::floor(source_x));
      const auto top = static_cast<std::int64_t>(std::floor(source_y));
      const auto right_share = source_x - static_cast<double>(left), lower_share = source_y - static_cast<double>(top);
      for (std::int64_t channel = 0; channel < kNumChannels; ++channel) {
        const auto upper =
            image.at(top, left, channel) * (1.0 - right_share) + image.at(top, left + 1, channel) * right_share;
        const auto lower =
            image.at(top + 1, left, channel) * (1.0 - right_share) + image.at(top + 1, left + 1, channel) * right_share;
        *output++ = static_cast<std::uint8_t>(std::lround(upper * (1.0 - lower_share) + lower * lower_share));
      }
    }
  }
  return warped;
}

}  // namespace assay::data
