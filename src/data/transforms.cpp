#include "data/transforms.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include <vector>

#include "core/error.h"
#include "data/image_file.h"

namespace assay::data {

namespace {

/// Returns where each place of the output comes from along one side; -1 where it is black.
std::vector<std::int64_t> source_places(std::int64_t size, std::int64_t shift, bool flip, bool reflects) {
  std::vector<std::int64_t> places(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < size; ++i) {
    std::int64_t place = (flip ? size - 1 - i : i) + shift;
    if (place < 0 || place >= size) {
      if (!reflects) {
        place = -1;
      } else {
        place = place < 0 ? -place : 2 * (size - 1) - place;
      }
    }
    places[static_cast<std::size_t>(i)] = place;
  }
  return places;
}

/// Calls `convert(channel, byte)` for each value of the varied image, row by row, and writes what it gives.
template <typename Output, typename Convert>
void vary_into(const at::Tensor& image, const Variation& variation, Output* output, const Convert& convert) {
  const auto columns = source_places(image.size(2), variation.shift_x, variation.flip, variation.reflects);
  const auto rows = source_places(image.size(1), variation.shift_y, false, variation.reflects);
  const auto* pixels = image.const_data_ptr<std::uint8_t>();
  const auto channel_stride = image.stride(0), row_stride = image.stride(1), column_stride = image.stride(2);
  for (const auto row : rows) {
    for (const auto column : columns) {
      const bool black = row < 0 || column < 0;
      const std::uint8_t* pixel = pixels + (black ? 0 : row * row_stride + column * column_stride);
      for (std::size_t channel = 0; channel < 3; ++channel, pixel += channel_stride) {
        *output++ = convert(channel, black ? std::uint8_t{0} : *pixel);
      }
    }
  }
}

}  // namespace

Transform::Transform(const Preprocessing& preprocessing) : size_(preprocessing.size), fit_(preprocessing.fit) {
  const auto& normalization = preprocessing.normalization;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      values_[channel][byte] =
          (static_cast<float>(byte) / 255.0F - normalization.mean[channel]) / normalization.std[channel];
    }
  }
}

void Transform::apply(const at::Tensor& image, const Variation& variation, float* output) const {
  vary_into(fit_image(image, size_, fit_), variation, output,
            [this](std::size_t channel, std::uint8_t byte) { return values_[channel][byte]; });
}

void copy_varied(const at::Tensor& image, const Variation& variation, std::uint8_t* output) {
  vary_into(image, variation, output, [](std::size_t /*channel*/, std::uint8_t byte) { return byte; });
}

namespace {

template <typename ImageAt>
at::Tensor transform_all(std::int64_t count, const Preprocessing& preprocessing, const ImageAt& image_at) {
  const Transform transform(preprocessing);
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
