// Pastes a box of one image into another: that of the mirror place in the batch.
// Source: Yun et al., CutMix, arXiv 1905.04899, eq. 1 and 2, with the share of the loss taken from the box as it lies
// inside the image; one box holds for the whole batch.

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "data/augmentation_plugin.h"

namespace assay::data {
namespace {

struct CutmixOptions {
  double alpha = 1.0;

  static auto schema() {
    return config::schema<CutmixOptions>(config::field("alpha", &CutmixOptions::alpha, config::between(0.01, 10.0),
                                                       "the area that stays is drawn from Beta(alpha, alpha)"));
  }
};

class Cutmix final : public Augmentation {
 public:
  explicit Cutmix(const CutmixOptions& options) : alpha_(options.alpha) {}

  bool mixes() const override { return true; }

  // The box's centre is uniform over the image, so that it may stick out and be cut.
  void mix(Batch& batch, Rng& rng) const override {
    const auto side = std::sqrt(1.0 - rng.beta(alpha_, alpha_));
    const auto height = batch.images.size(2), width = batch.images.size(3);
    const auto range = [&rng, side](std::int64_t size) {
      const auto half = static_cast<std::int64_t>(side * static_cast<double>(size)) / 2;
      const auto centre = static_cast<std::int64_t>(rng.below(static_cast<std::uint32_t>(size)));
      return std::pair(std::max<std::int64_t>(0, centre - half), std::min(size, centre + half));
    };
    const auto [top, bottom] = range(height);
    const auto [left, right] = range(width);
    const auto box = [&, top = top, bottom = bottom, left = left, right = right](const at::Tensor& images) {
      return images.slice(2, top, bottom).slice(3, left, right);
    };
    const auto others = batch.images.flip(0);  // (B, 3, H, W)
    batch.images = batch.images.clone();
    box(batch.images).copy_(box(others));
    batch.other_labels = batch.labels.flip(0);
    batch.share = 1.0 - static_cast<double>((bottom - top) * (right - left)) / static_cast<double>(height * width);
  }

 private:
  double alpha_;
};

}  // namespace

ASSAY_AUGMENTATION(cutmix, Cutmix, CutmixOptions)

}  // namespace assay::data
