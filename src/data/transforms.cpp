#include "data/transforms.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/rng.h"
#include "data/image_file.h"

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

Transform::Transform(const Preprocessing& preprocessing, const AugmentOptions& options)
    : size_(preprocessing.size), fit_(preprocessing.fit), reflect_(options.padding == "reflect") {
  const auto& normalization = preprocessing.normalization;
  const auto shorter_side = std::min(size_.height, size_.width);
  if (reflect_ && options.crop_padding >= shorter_side) {
    throw Error(
        ErrorKind::kConfig,
        fmt::format("data.augment.crop_padding = {}: must be less than the image's {} pixels when the padding reflects",
                    options.crop_padding, shorter_side),
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

void Transform::apply(const at::Tensor& image, const Variation& variation, float* output) const {
  const auto fitted = fit_image(image, size_, fit_);
  const auto columns = source_places(size_.width, variation.shift_x, variation.flip);
  const auto rows = source_places(size_.height, variation.shift_y, false);
  const auto* pixels = fitted.const_data_ptr<std::uint8_t>();
  const auto channel_stride = fitted.stride(0), row_stride = fitted.stride(1), column_stride = fitted.stride(2);
  for (const auto row : rows) {
    for (const auto column : columns) {
      const bool black = row < 0 || column < 0;
      const std::uint8_t* pixel = pixels + (black ? 0 : row * row_stride + column * column_stride);
      for (std::size_t channel = 0; channel < 3; ++channel, pixel += channel_stride) {
        *output++ = values_[channel][black ? 0 : *pixel];
      }
    }
  }
}

namespace {

template <typename ImageAt>
at::Tensor transform_all(std::int64_t count, const Preprocessing& preprocessing, const ImageAt& image_at) {
  const Transform transform(preprocessing, {0, "zero", false});
  const auto [height, width] = preprocessing.size;
  auto images =
      at::empty({count, 3, height, width}, at::TensorOptions(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
  for (std::int64_t i = 0; i < count; ++i) {
    transform.apply(image_at(i), Variation{}, images.mutable_data_ptr<float>() + i * 3 * height * width);
  }
  return images;
}

}  // namespace

at::Tensor normalize(const at::Tensor& pixels, const Normalization& normalization) {
  ASSAY_CHECK(pixels.dim() == 4);
  ASSAY_CHECK(pixels.size(1) == 3);
  return transform_all(pixels.size(0), {{pixels.size(2), pixels.size(3)}, normalization},
                       [&](std::int64_t i) { return pixels.select(0, i); });
}

at::Tensor read_all(const Samples& samples, const Preprocessing& preprocessing) {
  return transform_all(samples.size(), preprocessing, [&](std::int64_t i) {
    return samples.source->read(samples.places[static_cast<std::size_t>(i)], preprocessing.size);
  });
}

at::Tensor read_pixels(const Samples& samples, const Preprocessing& preprocessing) {
  std::vector<at::Tensor> images;
  for (const auto place : samples.places) {
    const auto image = samples.source->read(place, preprocessing.size);
    images.push_back(fit_image(image, preprocessing.size, preprocessing.fit));
  }
  return at::stack(images);
}

}  // namespace assay::data
