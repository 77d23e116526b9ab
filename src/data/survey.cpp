#include "data/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/error.h"
#include "core/sha256.h"
#include "data/gradient_hash.h"
#include "data/image_file.h"
#include "data/prefetch.h"

namespace assay::data {
namespace {

constexpr std::int64_t kImagesAPart = 32;

// Planes and rows of pixels are both hashed as they lie in memory: all images of a data set lie in the same way.
at::Tensor dense(const at::Tensor& image) {
  return image.is_contiguous() ? image : image.permute({1, 2, 0}).contiguous();
}

PixelDigest digest_of(const at::Tensor& image) {
  const auto bytes = dense(image);
  Sha256 hash;
  hash.update(fmt::format("{} {}\n", image.size(1), image.size(2)));
  hash.update(
      {reinterpret_cast<const char*>(bytes.const_data_ptr<std::uint8_t>()), static_cast<std::size_t>(bytes.numel())});
  const auto digits = hash.finish();
  constexpr std::size_t kHalf = 16;
  return {std::stoull(digits.substr(0, kHalf), nullptr, 16), std::stoull(digits.substr(kHalf, kHalf), nullptr, 16)};
}

void read_one(const Samples& samples, std::int64_t number, const SurveyOptions& options, Survey& part) {
  const auto& preprocessing = options.preprocessing;
  const auto place = samples.places[static_cast<std::size_t>(number)];
  SurveyedImage learned;
  try {
    const auto image = samples.source->read_with_size(place, preprocessing.size);
    learned = {digest_of(image.pixels), options.has_gradients ? gradient_hash(image.pixels) : 0, image.full_size};
    if (options.has_sums) part.sums.add(fit_image(image.pixels, preprocessing.size, preprocessing.fit));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData) throw;
    part.faults[number] = error.message();
  }
  part.images.push_back(learned);
}

}  // namespace

void ChannelSums::add(const at::Tensor& image) {
  const auto* first = image.const_data_ptr<std::uint8_t>();
  const auto height = image.size(1), width = image.size(2), step = image.stride(2);
  for (std::size_t channel = 0; channel < values.size(); ++channel) {
    std::uint64_t sum = 0, sum_of_squares = 0;
    for (std::int64_t y = 0; y < height; ++y) {
      const auto* pixel = first + static_cast<std::int64_t>(channel) * image.stride(0) + y * image.stride(1);
      for (std::int64_t x = 0; x < width; ++x, pixel += step) {
        const std::uint32_t value = *pixel;
        sum += value;
        sum_of_squares += value * value;
      }
    }
    values[channel] += sum;
    squares[channel] += sum_of_squares;
  }
  num_pixels += static_cast<std::uint64_t>(height * width);
}

void ChannelSums::add(const ChannelSums& other) {
  for (std::size_t channel = 0; channel < values.size(); ++channel) {
    values[channel] += other.values[channel];
    squares[channel] += other.squares[channel];
  }
  num_pixels += other.num_pixels;
}

Normalization ChannelSums::statistics() const {
  constexpr double kLargest = 255.0;
  Normalization statistics;
  if (num_pixels == 0) return statistics;
  const auto count = static_cast<double>(num_pixels);
  for (std::size_t channel = 0; channel < values.size(); ++channel) {
    const auto mean = static_cast<double>(values[channel]) / count;
    const auto variance = static_cast<double>(squares[channel]) / count - mean * mean;
    statistics.mean[channel] = static_cast<float>(mean / kLargest);
    statistics.std[channel] = static_cast<float>(std::sqrt(std::max(0.0, variance)) / kLargest);
  }
  return statistics;
}

Survey survey(const Samples& samples, const SurveyOptions& options,
              const std::function<void(std::int64_t num_read)>& on_read) {
  const auto num_images = samples.size();
  Prefetcher<Survey> parts(0, (num_images + kImagesAPart - 1) / kImagesAPart,
                           options.num_threads > 1 ? options.num_threads : 0, [&](std::int64_t number) {
                             Survey part;
                             const auto last = std::min(num_images, (number + 1) * kImagesAPart);
                             for (auto i = number * kImagesAPart; i < last; ++i) read_one(samples, i, options, part);
                             return part;
                           });
  Survey whole;
  whole.images.reserve(static_cast<std::size_t>(num_images));
  while (auto part = parts.next()) {
    whole.images.insert(whole.images.end(), part->images.begin(), part->images.end());
    whole.faults.merge(part->faults);
    whole.sums.add(part->sums);
    on_read(static_cast<std::int64_t>(whole.images.size()));
  }
  return whole;
}

}  // namespace assay::data
