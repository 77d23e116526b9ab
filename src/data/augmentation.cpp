#include "data/augmentation.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "data/augmentation_plugin.h"

namespace assay::data {
namespace {

const std::vector<AugmentationPlugin>& plugins() {
  static const std::vector<AugmentationPlugin> kPlugins = {
#define AUGMENTATION(name) augmentation_##name(),
#include "data/augmentations.def"
#undef AUGMENTATION
  };
  return kPlugins;
}

}  // namespace

Augmentations::Augmentations(const std::vector<std::string>& names, const config::Section& options, ImageSize size) {
  for (const auto& name : names) {
    const auto section = config::named_section(options, name);
    std::shared_ptr<const Augmentation> augmentation = config::find_plugin(plugins(), section)(section);
    augmentation->check(size);
    if (augmentation->mixes()) mixing_.push_back(augmentation);
    all_.push_back(std::move(augmentation));
  }
}

ImageSize Augmentations::needed(ImageSize size, const Rng& rng) const {
  const auto factor = all_.empty() ? 1.0 : all_.front()->magnification(rng);
  const auto enlarged = [factor](std::int64_t side) {
    return static_cast<std::int64_t>(std::ceil(factor * static_cast<double>(side)));
  };
  return {enlarged(size.height), enlarged(size.width)};
}

bool Augmentations::need_whole_images() const {
  return std::any_of(all_.begin(), all_.end(), [](const auto& one) { return one->needs_whole_image(); });
}

void Augmentations::vary(TrainingImage& image, Rng& rng) const {
  for (const auto& augmentation : all_) augmentation->vary(image, rng);
}

void Augmentations::mix(Batch& batch, std::uint64_t seed, std::int64_t epoch, std::int64_t number) const {
  if (mixing_.empty()) return;
  const torch::NoGradGuard no_grad;
  Rng rng(seed, Stream::kMixing, static_cast<std::uint32_t>(epoch), static_cast<std::uint64_t>(number));
  const auto num_choices = static_cast<float>(mixing_.size());
  const auto chosen = mixing_.size() == 1 ? 0 : static_cast<std::size_t>(rng.uniform() * num_choices);
  mixing_.at(chosen)->mix(batch, rng);
}

Rng augmentation_rng(std::uint64_t seed, std::int64_t epoch, std::int64_t place) {
  return {seed, Stream::kAugment, static_cast<std::uint32_t>(epoch), static_cast<std::uint64_t>(place)};
}

std::vector<config::PluginOptions> describe_augmentations() { return config::describe_plugins(plugins()); }

}  // namespace assay::data
