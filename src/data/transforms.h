#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>

#include "data/source.h"

namespace assay::data {

/// Normalises images: (value / 255 - mean) / std, per channel.
struct Normalization {
  std::array<float, 3> mean{0.0F, 0.0F, 0.0F};
  std::array<float, 3> std{1.0F, 1.0F, 1.0F};
};

/// How an image of any size becomes what the network takes, in training and evaluation alike.
struct Preprocessing {
  ImageSize size;
  Normalization normalization = {};
  std::string fit = "pad";  ///< see fit_image()
};

/// Which part of an image with a border around it is kept, and whether that is mirrored left to right.
struct Variation {
  std::int64_t shift_x = 0;  ///< of the part against the image; less than its size
  std::int64_t shift_y = 0;
  bool flip = false;
  bool reflects = false;  ///< the border is the image's mirror; else it is black
};

/// Fits, crops, mirrors and normalises images; the last three in one pass over the bytes. Safe to use from several
/// threads.
class Transform {
 public:
  explicit Transform(const Preprocessing& preprocessing);

  /// Writes one image as the network takes it.
  /// Shapes: image (3, h, w) uint8, any strides; output (H, W, 3), as an image of a channels-last batch lies in memory.
  void apply(const at::Tensor& image, const Variation& variation, float* output) const;

 private:
  std::array<std::array<float, 256>, 3> values_{};  ///< normalised value of each byte
  ImageSize size_;
  std::string fit_;
};

/// Crops and mirrors an image. Shapes: image (3, H, W) uint8, any strides; output (H, W, 3).
void copy_varied(const at::Tensor& image, const Variation& variation, std::uint8_t* output);

/// Normalises images without varying them.
/// Shapes: pixels (N, 3, H, W) uint8 -> (N, 3, H, W) float, channels last.
at::Tensor normalize(const at::Tensor& pixels, const Normalization& normalization);

/// Reads the images of `samples` as the network takes them, without varying them.
/// Shapes: -> (number of places, 3, H, W) float, channels last. Errors: Error(kData) naming a file.
at::Tensor read_all(const Samples& samples, const Preprocessing& preprocessing);

/// Reads the images of `samples` at the network's size, not normalised. Shapes: -> (number of places, 3, H, W) uint8.
at::Tensor read_pixels(const Samples& samples, const Preprocessing& preprocessing);

}  // namespace assay::data
