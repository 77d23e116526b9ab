#include "data/transforms.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/rng.h"

namespace assay::data {

Variation draw_variation(const AugmentOptions& options, std::uint64_t seed, std::int64_t epoch, std::int64_t sample) {
  Rng rng(seed, Stream::kAugment, static_cast<std::uint32_t>(epoch), static_cast<std::uint64_t>(sample));
  const auto num_shifts = static_cast<std::uint32_t>(2 * options.crop_padding + 1);
  Variation variation;
  // All three are drawn in any case, so that turning one off leaves the others as they were.
  variation.shift_x = static_cast<std::int64_t>(rng.below(num_shifts)) - options.crop_padding;
  variation.shift_y = static_cast<std::int64_t>(rng.below(num_shifts)) - options.crop_padding;
  variation.flip = rng.chance(0.5F) && options.flip;
  return variation;
}

Transform::Transform(const Normalization& normalization, const AugmentOptions& options, std::int64_t height,
                     std::int64_t width)
    : reflect_(options.padding == "reflect"), height_(height), width_(width) {
  if (reflect_ && options.crop_padding >= std::min(height, width)) {
    throw Error(
        ErrorKind::kConfig,
        fmt::format("data.augment.crop_padding = {}: must be less than the image's {} pixels when the padding reflects",
                    options.crop_padding, std::min(height, width)),
        "", "a smaller crop_padding, or data.augment.padding=zero");
  }
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      values_[channel][byte] =
          (static_cast<float>(byte) / 255.0F - normalization.mean[channel]) / normalization.std[channel];
    }
  }
}

/// Returns where each place of the output comes from along one side; -1 where it is black.
std::vector<std::int64_t> Transform::source_places(std::int64_t size, std::int64_t shift, bool flip) const {
  std::vector<std::int64_t> places(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < size; ++i) {
    std::int64_t place = (flip ? size - 1 - i : i) + shift;
    if (place < 0 || place >= size) {
      if (!reflect_) {
        place = -1;
      } else {
        place = place < 0 ? -place : 2 * (size - 1) - place;
      }
    }
    places[static_cast<std::size_t>(i)] = place;
  }
  return places;
}

void Transform::apply(const std::uint8_t* image, const Variation& variation, float* output) const {
  const auto columns = source_places(width_, variation.shift_x, variation.flip);
  const auto rows = source_places(height_, variation.shift_y, false);
  const std::int64_t plane = height_ * width_;
  for (const auto row : rows) {
    for (const auto column : columns) {
      const bool black = row < 0 || column < 0;
      const std::uint8_t* pixel = image + (black ? 0 : row * width_ + column);
      for (std::size_t channel = 0; channel < 3; ++channel, pixel += plane) {
        *output++ = values_[channel][black ? 0 : *pixel];
      }
    }
  }
}

at::Tensor normalize(const at::Tensor& pixels, const Normalization& normalization) {
  ASSAY_CHECK(pixels.dim() == 4);
  ASSAY_CHECK(pixels.size(1) == 3);
  const auto contiguous = pixels.contiguous();
  const Transform transform(normalization, {0, "zero", false}, pixels.size(2), pixels.size(3));
  auto images = at::empty(pixels.sizes(), at::TensorOptions(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
  const std::int64_t image_size = pixels.size(1) * pixels.size(2) * pixels.size(3);
  for (std::int64_t i = 0; i < pixels.size(0); ++i) {
    transform.apply(contiguous.const_data_ptr<std::uint8_t>() + i * image_size, Variation{},
                    images.mutable_data_ptr<float>() + i * image_size);
  }
  return images;
}

}  // namespace assay::data
