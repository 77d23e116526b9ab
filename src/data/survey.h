#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "data/source.h"
#include "data/transforms.h"

namespace assay::data {

/// First half of the SHA-256 of an image's size and pixels: equal for equal images, and for no others that anybody will
/// ever meet. Pixels rather than the bytes of files, because they are what a network sees: a file that differs in its
/// metadata or format alone is the same image, and images in memory have no file.
struct PixelDigest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const PixelDigest&) const = default;
};

/// What is learned of one image.
struct SurveyedImage {
  PixelDigest digest;
  std::uint64_t gradient_hash = 0;  ///< data/gradient_hash.h
  ImageSize full_size;              ///< where it is stored; {}: it could not be read
};

/// Adds up the values of red, green and blue. Units: 0 to 255.
struct ChannelSums {
  std::array<std::uint64_t, kNumChannels> values{};
  std::array<std::uint64_t, kNumChannels> squares{};
  std::uint64_t num_pixels = 0;

  /// Shapes: (3, H, W) uint8, any strides.
  void add(const at::Tensor& image);
  void add(const ChannelSums& other);

  /// Returns mean and deviation of all pixels. Units: 0 to 1.
  Normalization statistics() const;
};

/// What is learned of a split by reading each of its images once.
struct Survey {
  std::vector<SurveyedImage> images;           ///< as Samples::places
  std::map<std::int64_t, std::string> faults;  ///< why an image could not be read, by its number in `images`
  ChannelSums sums;                            ///< of the images at the network's size
};

struct SurveyOptions {
  Preprocessing preprocessing;
  bool has_gradients = false;  ///< computes the gradient hashes
  bool has_sums = false;       ///< computes `sums`, for which larger images are scaled
  std::int64_t num_threads = 1;
};

/// Reads all images of a split, as training would. An image that cannot be read is a fault. `on_read` gets the number
/// of images read so far, from the calling thread. Errors: whatever `on_read` throws.
Survey survey(const Samples& samples, const SurveyOptions& options,
              const std::function<void(std::int64_t num_read)>& on_read);

}  // namespace assay::data
