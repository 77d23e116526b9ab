#include "decode/resample.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace assay::decode {
namespace {

constexpr double kLobes = 3.0;
constexpr std::size_t kChannels = 3;

double sinc(double x) { return x == 0.0 ? 1.0 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x); }
double lanczos(double x) { return std::abs(x) < kLobes ? sinc(x) * sinc(x / kLobes) : 0.0; }

/// The places of one side that make a place of the result, and by which shares.
struct Taps {
  std::size_t first = 0;
  std::vector<float> weights;  // sum to 1
};

std::vector<Taps> make_taps(int from, int to) {
  const auto scale = static_cast<double>(from) / to;
  const auto widened = std::max(scale, 1.0);
  std::vector<Taps> all(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    const auto center = (i + 0.5) * scale;
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

}  // namespace

std::vector<std::uint8_t> resample(const std::uint8_t* rows, int height, int width, int to_height, int to_width) {
  const auto num_columns = static_cast<std::size_t>(width), num_rows = static_cast<std::size_t>(to_height);
  const auto row_bytes = num_columns * kChannels, column_values = num_rows * kChannels;
  // Columns lie one behind the other, so that both passes run along memory.
  std::vector<float> columns(num_columns * column_values);
  std::vector<float> sums(row_bytes);
  const auto vertical = make_taps(height, to_height);
  for (std::size_t y = 0; y < num_rows; ++y) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    const auto& [first, weights] = vertical[y];
    for (std::size_t i = 0; i < weights.size(); ++i) {
      add_bytes(weights[i], rows + (first + i) * row_bytes, row_bytes, sums.data());
    }
    for (std::size_t x = 0; x < num_columns; ++x) {
      std::copy_n(&sums[x * kChannels], kChannels, &columns[x * column_values + y * kChannels]);
    }
  }
  std::vector<std::uint8_t> result(num_rows * static_cast<std::size_t>(to_width) * kChannels);
  sums.resize(column_values);
  const auto horizontal = make_taps(width, to_width);
  for (std::size_t x = 0; x < horizontal.size(); ++x) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    const auto& [first, weights] = horizontal[x];
    for (std::size_t i = 0; i < weights.size(); ++i) {
      add_values(weights[i], &columns[(first + i) * column_values], column_values, sums.data());
    }
    for (std::size_t y = 0; y < num_rows; ++y) {
      auto* pixel = &result[(y * horizontal.size() + x) * kChannels];
      for (std::size_t channel = 0; channel < kChannels; ++channel)
        pixel[channel] = to_byte(sums[y * kChannels + channel]);
    }
  }
  return result;
}

}  // namespace assay::decode
