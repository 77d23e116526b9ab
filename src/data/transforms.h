#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "config/schema.h"
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

/// Options of the random variation of training images (table `augment` of a data set).
struct AugmentOptions {
  std::int64_t crop_padding = 4;
  std::string padding = "reflect";
  bool flip = true;
  double mixup_alpha = 0.0;
  double cutmix_alpha = 0.0;

  static auto schema() {
    return config::schema<AugmentOptions>(
        config::field("crop_padding", &AugmentOptions::crop_padding, config::between(0, 512).in("pixels"),
                      "border added on each side before the random crop; 0 crops nothing"),
        config::field("padding", &AugmentOptions::padding, config::one_of("reflect", "zero"),
                      "what is added: the picture mirrored at its border, or black"),
        config::field("flip", &AugmentOptions::flip, "mirror every other image left to right"),
        config::field("mixup_alpha", &AugmentOptions::mixup_alpha, config::between(0.0, 10.0),
                      "blend pairs of images by a share drawn from Beta(alpha, alpha); 0: never"),
        config::field("cutmix_alpha", &AugmentOptions::cutmix_alpha, config::between(0.0, 10.0),
                      "paste a box of one image into another, its area drawn from Beta(alpha, alpha); 0: never"));
  }
};

/// How one image is varied: which part of the padded image is kept, and whether it is mirrored.
struct Variation {
  std::int64_t shift_x = 0;  ///< of the crop against the image: -crop_padding to crop_padding
  std::int64_t shift_y = 0;
  bool flip = false;
};

/// Draws the variation of one sample in one epoch, a pure function of its arguments.
Variation draw_variation(const AugmentOptions& options, std::uint64_t seed, std::int64_t epoch, std::int64_t sample);

/// Fits, crops, mirrors and normalises images; the last three in one pass over the bytes. Safe to use from several
/// threads.
class Transform {
 public:
  /// Errors: Error(kConfig) when reflecting padding is not smaller than the image.
  Transform(const Preprocessing& preprocessing, const AugmentOptions& options);

  /// Writes one image as the network takes it.
  /// Shapes: image (3, h, w) uint8, any strides; output (H, W, 3), as an image of a channels-last batch lies in memory.
  void apply(const at::Tensor& image, const Variation& variation, float* output) const;

 private:
  std::vector<std::int64_t> source_places(std::int64_t size, std::int64_t shift, bool flip) const;

  std::array<std::array<float, 256>, 3> values_{};  ///< normalised value of each byte
  ImageSize size_;
  std::string fit_;
  bool reflect_;
};

/// Normalises images without varying them.
/// Shapes: pixels (N, 3, H, W) uint8 -> (N, 3, H, W) float, channels last.
at::Tensor normalize(const at::Tensor& pixels, const Normalization& normalization);

/// Reads the images of `samples` as the network takes them, without varying them.
/// Shapes: -> (number of places, 3, H, W) float, channels last. Errors: Error(kData) naming a file.
at::Tensor read_all(const Samples& samples, const Preprocessing& preprocessing);

/// Reads the images of `samples` at the network's size, not normalised. Shapes: -> (number of places, 3, H, W) uint8.
at::Tensor read_pixels(const Samples& samples, const Preprocessing& preprocessing);

}  // namespace assay::data
