// Cuts out a random part of the image, of random area and aspect ratio, and scales it to the network's size.
// Source: Szegedy et al., Going deeper with convolutions, arXiv 1409.4842, section 6; drawn as torchvision's
// RandomResizedCrop draws it, scaled by Lanczos.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "data/augmentation_plugin.h"
#include "data/image_file.h"

namespace assay::data {
namespace {

struct RandomResizedCropOptions {
  double smallest_area = 0.08;
  double widest_ratio = 4.0 / 3.0;

  static auto schema() {
    using Options = RandomResizedCropOptions;
    return config::schema<Options>(config::field("smallest_area", &Options::smallest_area, config::between(0.01, 1.0),
                                                 "share of the image's area that is kept at least"),
                                   config::field("widest_ratio", &Options::widest_ratio, config::between(1.0, 4.0),
                                                 "of width to height of the part, and of height to width"));
  }
};

constexpr int kNumTries = 10;

class RandomResizedCrop final : public Augmentation {
 public:
  explicit RandomResizedCrop(const RandomResizedCropOptions& options)
      : smallest_area_(static_cast<float>(options.smallest_area)),
        log_ratio_(static_cast<float>(std::log(options.widest_ratio))) {}

  // What the decoder may scale down is twice the size that it is asked for, which leaves enough for a narrow part.
  double magnification(Rng rng) const override { return 1.0 / std::sqrt(draw_area(rng)); }

  bool needs_whole_image() const override { return true; }

  void vary(TrainingImage& image, Rng& rng) const override {
    const auto whole = image.whole();
    const auto height = whole.size(1), width = whole.size(2);
    for (int i = 0; i < kNumTries; ++i) {
      const auto area = draw_area(rng) * static_cast<double>(height * width);
      const auto ratio = std::exp(static_cast<double>(rng.uniform(-log_ratio_, log_ratio_)));
      const auto part_width = std::llround(std::sqrt(area * ratio));
      const auto part_height = std::llround(std::sqrt(area / ratio));
      if (part_width < 1 || part_height < 1 || part_width > width || part_height > height) continue;
      const auto top = static_cast<std::int64_t>(rng.below(static_cast<std::uint32_t>(height - part_height + 1)));
      const auto left = static_cast<std::int64_t>(rng.below(static_cast<std::uint32_t>(width - part_width + 1)));
      return keep(image, whole.narrow(1, top, part_height).narrow(2, left, part_width));
    }
    keep(image, central_part(whole));
  }

 private:
  double draw_area(Rng& rng) const { return static_cast<double>(rng.uniform(smallest_area_, 1.0F)); }

  /// Returns the largest central part whose aspect ratio is within the limits.
  at::Tensor central_part(const at::Tensor& whole) const {
    const auto widest = std::exp(static_cast<double>(log_ratio_));
    const auto longest = [widest](std::int64_t side) {
      return std::max<std::int64_t>(1, std::llround(static_cast<double>(side) * widest));
    };
    const auto height = std::min(whole.size(1), longest(whole.size(2)));
    const auto width = std::min(whole.size(2), longest(whole.size(1)));
    return whole.narrow(1, (whole.size(1) - height) / 2, height).narrow(2, (whole.size(2) - width) / 2, width);
  }

  static void keep(TrainingImage& image, const at::Tensor& part) {
    image.set_pixels(scale_image(part, image.size()).permute({1, 2, 0}));
  }

  float smallest_area_;
  float log_ratio_;
};

}  // namespace

ASSAY_AUGMENTATION(random_resized_crop, RandomResizedCrop, RandomResizedCropOptions)

}  // namespace assay::data
