#include "data/mixing.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/rng.h"

namespace assay::data {
namespace {

void blend(Batch& batch, const at::Tensor& others, double share) {
  batch.images = batch.images * share + others * (1.0 - share);
  batch.share = share;
}

// The box's centre is uniform over the image, so that it may stick out and be cut.
void paste_box(Batch& batch, const at::Tensor& others, double share, Rng& rng) {
  const auto height = batch.images.size(2), width = batch.images.size(3);
  const double side = std::sqrt(1.0 - share);
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
  batch.images = batch.images.clone();
  box(batch.images).copy_(box(others));
  const auto area = static_cast<double>((bottom - top) * (right - left));
  batch.share = 1.0 - area / static_cast<double>(height * width);
}

}  // namespace

void mix(Batch& batch, const AugmentOptions& options, std::uint64_t seed, std::int64_t epoch, std::int64_t number) {
  if (options.mixup_alpha <= 0.0 && options.cutmix_alpha <= 0.0) return;
  const torch::NoGradGuard no_grad;
  Rng rng(seed, Stream::kMixing, static_cast<std::uint32_t>(epoch), static_cast<std::uint64_t>(number));
  const bool both = options.mixup_alpha > 0.0 && options.cutmix_alpha > 0.0;
  const bool blends = both ? rng.chance(0.5F) : options.mixup_alpha > 0.0;
  const double alpha = blends ? options.mixup_alpha : options.cutmix_alpha;
  const double share = rng.beta(alpha, alpha);
  const auto others = batch.images.flip(0);  // (B, 3, H, W)
  batch.other_labels = batch.labels.flip(0);
  if (blends) {
    blend(batch, others, share);
  } else {
    paste_box(batch, others, share, rng);
  }
}

}  // namespace assay::data
