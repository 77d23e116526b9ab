#include "decode/resample.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace assay::decode {
namespace {

constexpr double kLobes = 3.0;
constexpr std::size_t kChannels = 3;
constexpr std::size_t kMostValues = 16 << 20;  // between the two passes; of a long strip, some rows of the result

double sinc(double x) { return x == 0.0 ? 1.0 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x); }
double lanczos(double x) { return std::abs(x) < kLobes ? sinc(x) * sinc(x / kLobes) : 0.0; }

/// The places of one side that make a place of the result, and by which shares.
struct Taps {
  std::size_t first = 0;
  std::vector<float> weights;  // sum to 1
};

// Makes the taps of `count` places from `begin` on, which ascend.
std::vector<Taps> make_taps(int from, int to, int begin, int count) {
  const auto scale = static_cast<double>(from) / to;
  const auto widened = std::max(scale, 1.0);
  std::vector<Taps> all(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const auto center = (begin + i + 0.5) * scale;
    const auto first = std::max(0, static_cast<int>(center - kLobes * widened + 0.5));
    const auto last = std::min(from, static_cast<int>(center + kLobes * widened + 0.5));
    std::vector<double> weights;
    double sum = 0.0;
    for (int place = first; place < last; ++place) {
      weights.push_back(lanczos((place + 0.5 - center) / widened));
      sum += weights.back();
    }
    auto& taps = all[static_cast<std::size_t>(i)];
    taps.first = static_cast<std::size_t>(first);
    for (const auto weight : weights) taps.weights.push_back(static_cast<float>(weight / sum));
  }
  return all;
}

// The two loops that take the time. Wider vectors add in the same order, so the bits are those of any processor.
__attribute__((target_clones("avx2", "default"))) void add_bytes(float weight, const std::uint8_t* bytes,
                                                                 std::size_t count, float* sums) {
  for (std::size_t i = 0; i < count; ++i) sums[i] += weight * static_cast<float>(bytes[i]);
}

__attribute__((target_clones("avx2", "default"))) void add_values(float weight, const float* values, std::size_t count,
                                                                  float* sums) {
  for (std::size_t i = 0; i < count; ++i) sums[i] += weight * values[i];
}

std::uint8_t to_byte(float value) { return static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F)); }

// Scales `num_rows` rows of the result down or up. Columns lie one behind the other, so that both passes run along
// memory.
void scale_rows(const std::uint8_t* rows, std::size_t row_bytes, const Taps* taps, std::size_t num_rows,
                std::size_t num_columns, std::vector<float>& sums, std::vector<float>& columns) {
  const auto num_values = num_columns * kChannels;
  for (std::size_t y = 0; y < num_rows; ++y) {
    std::fill_n(sums.begin(), num_values, 0.0F);
    const auto& [first, weights] = taps[y];
    for (std::size_t i = 0; i < weights.size(); ++i) {
      add_bytes(weights[i], rows + (first + i) * row_bytes, num_values, sums.data());
    }
    for (std::size_t x = 0; x < num_columns; ++x) {
      std::copy_n(&sums[x * kChannels], kChannels, &columns[(x * num_rows + y) * kChannels]);
    }
  }
}

void scale_columns(const std::vector<float>& columns, std::size_t first_column, const std::vector<Taps>& taps,
                   std::size_t num_rows, std::vector<float>& sums, std::uint8_t* result) {
  const auto num_values = num_rows * kChannels;
  for (std::size_t x = 0; x < taps.size(); ++x) {
    std::fill_n(sums.begin(), num_values, 0.0F);
    const auto& [first, weights] = taps[x];
    for (std::size_t i = 0; i < weights.size(); ++i) {
      add_values(weights[i], &columns[(first - first_column + i) * num_values], num_values, sums.data());
    }
    for (std::size_t y = 0; y < num_rows; ++y) {
      auto* pixel = &result[(y * taps.size() + x) * kChannels];
      for (std::size_t channel = 0; channel < kChannels; ++channel)
        pixel[channel] = to_byte(sums[y * kChannels + channel]);
    }
  }
}

}  // namespace

std::vector<std::uint8_t> resample(const std::uint8_t* rows, int height, int width, int to_height, int to_width) {
  return resample(rows, height, width, to_height, to_width, {0, 0, to_height, to_width});
}

std::vector<std::uint8_t> resample(const std::uint8_t* rows, int height, int width, int to_height, int to_width,
                                   const Window& part) {
  const auto vertical = make_taps(height, to_height, part.top, part.height);
  const auto horizontal = make_taps(width, to_width, part.left, part.width);
  const auto first_column = horizontal.front().first;
  const auto num_columns = horizontal.back().first + horizontal.back().weights.size() - first_column;
  const auto num_rows = vertical.size();
  const auto block = std::clamp<std::size_t>(kMostValues / (num_columns * kChannels), 1, num_rows);
  std::vector<float> columns(num_columns * block * kChannels);
  std::vector<float> sums(std::max(num_columns, block) * kChannels);
  std::vector<std::uint8_t> result(num_rows * horizontal.size() * kChannels);
  const auto row_bytes = static_cast<std::size_t>(width) * kChannels;
  for (std::size_t top = 0; top < num_rows; top += block) {
    const auto count = std::min(block, num_rows - top);
    scale_rows(rows + first_column * kChannels, row_bytes, &vertical[top], count, num_columns, sums, columns);
    scale_columns(columns, first_column, horizontal, count, sums, &result[top * horizontal.size() * kChannels]);
  }
  return result;
}

}  // namespace assay::decode
