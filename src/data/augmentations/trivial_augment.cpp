// One change, chosen at random with a random strength: nothing to tune.
// Source: Müller and Hutter, TrivialAugment, arXiv 2103.10158, in its wide space, with the changes of torchvision's
// TrivialAugmentWide.

#include "data/augmentation_plugin.h"
#include "data/random_operation.h"

namespace assay::data {
namespace {

struct TrivialAugmentOptions {
  static auto schema() { return config::schema<TrivialAugmentOptions>(); }
};

constexpr std::uint32_t kNumLevels = 31;

class TrivialAugment final : public Augmentation {
 public:
  explicit TrivialAugment(const TrivialAugmentOptions& /*options*/) {}

  void vary(TrainingImage& image, Rng& rng) const override {
    const auto& operation = draw_operation(rng);
    const auto level = static_cast<double>(rng.below(kNumLevels)) / (kNumLevels - 1);
    const auto signed_level = draw_sign(operation, level, rng);
    image.set_pixels(operation.apply(image.pixels(), signed_level, operation.strongest_trivial));
  }
};

}  // namespace

ASSAY_AUGMENTATION(trivial_augment, TrivialAugment, TrivialAugmentOptions)

}  // namespace assay::data
