#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "config/schema.h"

namespace assay::data {

/// Gives what normalises images: (value / 255 - mean) / std, per channel.
struct Normalization {
  std::array<float, 3> mean{0.0F, 0.0F, 0.0F};
  std::array<float, 3> std{1.0F, 1.0F, 1.0F};
};

/// Chooses how training images are varied (table `augment` of a data set).
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

/// Says how one image is varied: which part of the padded image is kept, and whether it is mirrored.
struct Variation {
  std::int64_t shift_x = 0;  ///< of the crop against the image: -crop_padding to crop_padding
  std::int64_t shift_y = 0;
  bool flip = false;
};

/// Draws the variation of one sample in one epoch, a pure function of its arguments.
Variation draw_variation(const AugmentOptions& options, std::uint64_t seed, std::int64_t epoch, std::int64_t sample);

/// Crops, mirrors and normalises images in one pass over the bytes. Safe to use from several threads.
class Transform {
 public:
  /// Errors: Error(kConfig) when reflecting padding is not smaller than the image.
  Transform(const Normalization& normalization, const AugmentOptions& options, std::int64_t height, std::int64_t width);

  /// Writes one image.
  /// Shapes: image (3, H, W); output (H, W, 3), as an image of a channels-last batch lies in memory.
  void apply(const std::uint8_t* image, const Variation& variation, float* output) const;

 private:
  std::vector<std::int64_t> source_places(std::int64_t size, std::int64_t shift, bool flip) const;

  std::array<std::array<float, 256>, 3> values_{};  ///< normalised value of each byte
  bool reflect_;
  std::int64_t height_;
  std::int64_t width_;
};

/// Normalises images without varying them.
/// Shapes: pixels (N, 3, H, W) uint8 -> (N, 3, H, W) float, channels last.
at::Tensor normalize(const at::Tensor& pixels, const Normalization& normalization);

}  // namespace assay::data
