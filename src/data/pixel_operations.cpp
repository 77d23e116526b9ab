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

std::uint8_t to_byte(float value) { return static_cast<std::uint8_t>(std::min(std::max(value, 0.0F), 255.0F)); }

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

/// Returns the grey of a colour, a whole number, with the weights of ITU-R BT.601. Units: 0 to 255.
inline float grey_of(float red, float green, float blue) {
  return static_cast<float>(static_cast<int>(0.2989F * red + 0.587F * green + 0.114F * blue));
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

constexpr std::int64_t kAtATime = 256;  // pixels

/// Red, green and blue of some pixels, apart, so that the compiler computes several pixels at a time.
struct Planes {
  std::array<float, kAtATime> red{}, green{}, blue{};
};

/// Calls `change` for all pixels, some at a time. What it leaves beyond 0 to 255 is cut off, and fractions are dropped.
template <typename Change>
void for_planes(at::Tensor& pixels, const Change& change) {
  Planes planes;
  auto* part = pixels.mutable_data_ptr<std::uint8_t>();
  const auto* end = part + pixels.numel();
  while (part != end) {
    const auto count = static_cast<std::size_t>(std::min(kAtATime, (end - part) / kNumChannels));
    for (std::size_t i = 0; i < count; ++i) {
      planes.red[i] = part[3 * i];
      planes.green[i] = part[3 * i + 1];
      planes.blue[i] = part[3 * i + 2];
    }
    change(planes);
    for (std::size_t i = 0; i < count; ++i) {
      part[3 * i] = to_byte(planes.red[i]);
      part[3 * i + 1] = to_byte(planes.green[i]);
      part[3 * i + 2] = to_byte(planes.blue[i]);
    }
    part += count * kNumChannels;
  }
}

__attribute__((target_clones("avx2", "default"))) void blend_with_grey(Planes& planes, float share, float grey_share) {
  for (std::size_t i = 0; i < kAtATime; ++i) {
    const auto grey = grey_share * grey_of(planes.red[i], planes.green[i], planes.blue[i]);
    planes.red[i] = share * planes.red[i] + grey;
    planes.green[i] = share * planes.green[i] + grey;
    planes.blue[i] = share * planes.blue[i] + grey;
  }
}

// torchvision scales by a hair less than 256, so that 1 gives 255 and the steps are equally wide.
constexpr float kToByte = (255.0F + 1.0F - 1e-3F) / 255.0F;

/// Returns a channel of a colour. Units: hue and `offset` in sixths of the colour circle; their sum above -6.
inline float channel_of(float value, float range, float hue, float offset) {
  auto k = hue + offset + 6.0F;
  k -= 6.0F * static_cast<float>(static_cast<int>(k / 6.0F));
  return (value - range * std::min(std::max(std::min(k, 4.0F - k), 0.0F), 1.0F)) * kToByte;
}

/// Shifts hues; the lightest and the darkest channel keep their values. A channel of HSV is V - V * S * clamp(min(k, 4
/// - k), 0, 1), with k = its offset + 6 * H. Units: `shift` in sixths of the colour circle, -3 to 3.
__attribute__((target_clones("avx2", "default"))) void shift_hues(Planes& planes, float shift) {
  for (std::size_t i = 0; i < kAtATime; ++i) {
    const auto red = planes.red[i], green = planes.green[i], blue = planes.blue[i];
    const auto value = std::max(red, std::max(green, blue));
    const auto range = value - std::min(red, std::min(green, blue));
    const auto divisor = std::max(range, 1.0F);  // the smallest range but 0
    const auto from_red = (green - blue) / divisor;
    const auto from_green = 2.0F + (blue - red) / divisor;
    const auto from_blue = 4.0F + (red - green) / divisor;
    const auto other = value == green ? from_green : from_blue;
    const auto hue = (value == red ? from_red : other) + shift;
    planes.red[i] = channel_of(value, range, hue, 5.0F);
    planes.green[i] = channel_of(value, range, hue, 3.0F);
    planes.blue[i] = channel_of(value, range, hue, 1.0F);
  }
}

}  // namespace

void adjust_brightness(at::Tensor& pixels, double factor) {
  map_bytes(pixels, [factor](int byte) { return blend(static_cast<float>(byte), 0.0F, factor); });
}

void adjust_contrast(at::Tensor& pixels, double factor) {
  double sum = 0.0;
  for_each_pixel(pixels, [&sum](const std::uint8_t* pixel) { sum += grey_of(pixel[0], pixel[1], pixel[2]); });
  const auto mean = static_cast<float>(sum * kNumChannels / static_cast<double>(pixels.numel()));
  map_bytes(pixels, [=](int byte) { return blend(static_cast<float>(byte), mean, factor); });
}

void adjust_saturation(at::Tensor& pixels, double factor) {
  for_planes(pixels, [factor](Planes& planes) {
    blend_with_grey(planes, static_cast<float>(factor), static_cast<float>(1.0 - factor));
  });
}

void adjust_hue(at::Tensor& pixels, double shift) {
  for_planes(pixels, [shift](Planes& planes) { shift_hues(planes, static_cast<float>(6.0 * shift)); });
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
