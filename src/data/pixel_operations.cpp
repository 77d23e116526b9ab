#include "data/pixel_operations.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "data/source.h"

namespace assay::data {
namespace {

using Table = std::array<std::uint8_t, 256>;

std::uint8_t to_byte(float value) { return static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F)); }

std::uint8_t blend(float image, float other, double factor) {
  return to_byte(static_cast<float>(factor) * image + static_cast<float>(1.0 - factor) * other);
}

template <typename Change>
void for_each_pixel(at::Tensor& pixels, const Change& change) {
  auto* pixel = pixels.mutable_data_ptr<std::uint8_t>();
  const auto* end = pixel + pixels.numel();
  for (; pixel != end; pixel += kNumChannels) change(pixel);
}

/// Replaces each byte by what `make(byte)` gives.
template <typename Make>
void map_bytes(at::Tensor& pixels, const Make& make) {
  Table table;
  for (std::size_t byte = 0; byte < table.size(); ++byte) table[byte] = make(static_cast<int>(byte));
  for_each_pixel(pixels, [&](std::uint8_t* pixel) {
    for (std::int64_t i = 0; i < kNumChannels; ++i) pixel[i] = table[pixel[i]];
  });
}

// The weights of ITU-R BT.601.
std::uint8_t grey_of(const std::uint8_t* pixel) {
  return static_cast<std::uint8_t>(0.2989F * static_cast<float>(pixel[0]) + 0.587F * static_cast<float>(pixel[1]) +
                                   0.114F * static_cast<float>(pixel[2]));
}

/// Replaces each byte of each channel by what `make(histogram of the channel)` says.
void map_channels(at::Tensor& pixels, Table (*make)(const std::array<std::int64_t, 256>& histogram)) {
  std::array<std::array<std::int64_t, 256>, kNumChannels> histograms{};
  for_each_pixel(pixels, [&](const std::uint8_t* pixel) {
    for (std::size_t i = 0; i < histograms.size(); ++i) ++histograms[i][pixel[i]];
  });
  std::array<Table, kNumChannels> tables;
  std::transform(histograms.begin(), histograms.end(), tables.begin(), make);
  for_each_pixel(pixels, [&](std::uint8_t* pixel) {
    for (std::size_t i = 0; i < tables.size(); ++i) pixel[i] = tables[i][pixel[i]];
  });
}

Table identity() {
  Table table;
  for (std::size_t byte = 0; byte < table.size(); ++byte) table[byte] = static_cast<std::uint8_t>(byte);
  return table;
}

Table stretch(const std::array<std::int64_t, 256>& histogram) {
  const auto is_used = [](std::int64_t count) { return count > 0; };
  const auto first = std::find_if(histogram.begin(), histogram.end(), is_used) - histogram.begin();
  const auto last = 255 - (std::find_if(histogram.rbegin(), histogram.rend(), is_used) - histogram.rbegin());
  auto table = identity();
  if (first == last) return table;
  const auto scale = 255.0F / static_cast<float>(last - first);
  for (auto byte = first; byte <= last; ++byte) {
    table[static_cast<std::size_t>(byte)] = to_byte(static_cast<float>(byte - first) * scale);
  }
  return table;
}

Table flatten_histogram(const std::array<std::int64_t, 256>& histogram) {
  std::int64_t total = 0, last = 0;
  for (const auto count : histogram) {
    total += count;
    if (count > 0) last = count;
  }
  const auto step = (total - last) / 255;
  auto table = identity();
  if (step == 0) return table;
  std::int64_t below = 0;
  for (std::size_t byte = 0; byte < table.size(); ++byte) {
    table[byte] = static_cast<std::uint8_t>(std::min<std::int64_t>(255, (below + step / 2) / step));
    below += histogram[byte];
  }
  return table;
}

/// Shifts the hue of one pixel by way of hue, saturation and value, each 0 to 1.
void shift_hue(std::uint8_t* pixel, float shift) {
  std::array<float, 3> rgb;
  std::transform(pixel, pixel + 3, rgb.begin(), [](std::uint8_t byte) { return static_cast<float>(byte) / 255.0F; });
  const auto [red, green, blue] = rgb;
  const auto value = *std::max_element(rgb.begin(), rgb.end());
  const auto range = value - *std::min_element(rgb.begin(), rgb.end());
  if (range == 0.0F) return;
  float sixth = 0.0F;  // of the colour circle
  if (value == red) {
    sixth = (green - blue) / range;
  } else if (value == green) {
    sixth = 2.0F + (blue - red) / range;
  } else {
    sixth = 4.0F + (red - green) / range;
  }
  auto hue = std::fmod(sixth / 6.0F + 1.0F, 1.0F) + shift;
  hue = 6.0F * (hue - std::floor(hue));
  const auto sector = static_cast<int>(hue);
  const auto rest = hue - std::floor(hue);
  const auto saturation = range / value;
  const auto low = value * (1.0F - saturation);
  const auto falling = value * (1.0F - saturation * rest), rising = value * (1.0F - saturation * (1.0F - rest));
  const std::array<std::array<float, 3>, 6> sectors = {{{value, rising, low},
                                                        {falling, value, low},
                                                        {low, value, rising},
                                                        {low, falling, value},
                                                        {rising, low, value},
                                                        {value, low, falling}}};
  const auto& shifted = sectors[static_cast<std::size_t>(sector % 6)];
  // torchvision scales by a hair less than 256, so that 1 gives 255 and the steps are equally wide.
  std::transform(shifted.begin(), shifted.end(), pixel,
                 [](float one) { return to_byte(one * (255.0F + 1.0F - 1e-3F)); });
}

}  // namespace

void adjust_brightness(at::Tensor& pixels, double factor) {
  map_bytes(pixels, [factor](int byte) { return blend(static_cast<float>(byte), 0.0F, factor); });
}

void adjust_contrast(at::Tensor& pixels, double factor) {
  double sum = 0.0;
  for_each_pixel(pixels, [&sum](const std::uint8_t* pixel) { sum += grey_of(pixel); });
  const auto mean = static_cast<float>(sum * kNumChannels / static_cast<double>(pixels.numel()));
  map_bytes(pixels, [=](int byte) { return blend(static_cast<float>(byte), mean, factor); });
}

void adjust_saturation(at::Tensor& pixels, double factor) {
  for_each_pixel(pixels, [factor](std::uint8_t* pixel) {
    const auto grey = grey_of(pixel);
    for (std::int64_t i = 0; i < kNumChannels; ++i) pixel[i] = blend(pixel[i], grey, factor);
  });
}

void adjust_hue(at::Tensor& pixels, double shift) {
  for_each_pixel(pixels, [shift](std::uint8_t* pixel) { shift_hue(pixel, static_cast<float>(shift)); });
}

void adjust_sharpness(at::Tensor& pixels, double factor) {
  const auto height = pixels.size(0), row_size = pixels.size(1) * kNumChannels;
  if (height <= 2 || pixels.size(1) <= 2) return;
  const auto original = pixels.clone();
  const auto* source = original.const_data_ptr<std::uint8_t>();
  auto* output = pixels.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t row = 1; row + 1 < height; ++row) {
    for (std::int64_t i = kNumChannels; i < row_size - kNumChannels; ++i) {
      const auto* centre = source + row * row_size + i;
      int sum = 4 * *centre;  // it counts five times
      for (const auto* middle : {centre - row_size, centre, centre + row_size}) {
        sum += middle[-kNumChannels] + middle[0] + middle[kNumChannels];
      }
      const auto blurred = std::nearbyint(static_cast<float>(sum) / 13.0F);
      output[row * row_size + i] = blend(*centre, blurred, factor);
    }
  }
}

void posterize(at::Tensor& pixels, int num_bits) {
  map_bytes(pixels, [num_bits](int byte) { return static_cast<std::uint8_t>(byte & (0xFF << (8 - num_bits))); });
}

void solarize(at::Tensor& pixels, double threshold) {
  map_bytes(pixels, [threshold](int byte) { return static_cast<std::uint8_t>(byte >= threshold ? 255 - byte : byte); });
}

void autocontrast(at::Tensor& pixels) { map_channels(pixels, stretch); }

void equalize(at::Tensor& pixels) { map_channels(pixels, flatten_histogram); }

}  // namespace assay::data
