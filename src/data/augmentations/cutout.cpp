// Hides a square of the image behind grey.
// Source: DeVries and Taylor, Improved Regularization of Convolutional Neural Networks with Cutout, arXiv 1708.04552:
// the centre is uniform over the image, so that the square may stick out.

#include <algorithm>
#include <cmath>

#include "data/augmentation_plugin.h"
#include "data/warp.h"

namespace assay::data {
namespace {

struct CutoutOptions {
  double side = 0.5;
  double probability = 1.0;

  static auto schema() {
    return config::schema<CutoutOptions>(config::field("side", &CutoutOptions::side, config::between(0.0, 1.0),
                                                       "of the square, as a share of the image's shorter side"),
                                         config::field("probability", &CutoutOptions::probability,
                                                       config::between(0.0, 1.0), "share of the images that get one"));
  }
};

class Cutout final : public Augmentation {
 public:
  explicit Cutout(const CutoutOptions& options)
      : side_(options.side), probability_(static_cast<float>(options.probability)) {}

  void vary(TrainingImage& image, Rng& rng) const override {
    const auto [height, width] = image.size();
    const auto side = std::llround(side_ * static_cast<double>(std::min(height, width)));
    const auto part = [&rng, side](std::int64_t size) {
      const auto first = static_cast<std::int64_t>(rng.below(static_cast<std::uint32_t>(size))) - side / 2;
      return std::pair(std::max<std::int64_t>(0, first), std::min<std::int64_t>(size, first + side));
    };
    const auto [top, bottom] = part(height);
    const auto [left, right] = part(width);
    if (!rng.chance(probability_)) return;
    auto pixels = image.pixels();
    pixels.slice(0, top, bottom).slice(1, left, right).fill_(kGrey);
    image.set_pixels(pixels);
  }

 private:
  double side_;
  float probability_;
};

}  // namespace

ASSAY_AUGMENTATION(cutout, Cutout, CutoutOptions)

}  // namespace assay::data
