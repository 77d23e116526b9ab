// A few changes chosen at random, all of one strength.
// Source: Cubuk et al., RandAugment, arXiv 1909.13719, with the changes of torchvision's RandAugment.

#include "data/augmentation_plugin.h"
#include "data/random_operation.h"

namespace assay::data {
namespace {

struct RandAugmentOptions {
  std::int64_t num_changes = 2;
  std::int64_t magnitude = 9;

  static auto schema() {
    using Options = RandAugmentOptions;
    return config::schema<Options>(
        config::field("num_changes", &Options::num_changes, config::between(1, 8), "changes one after another"),
        config::field("magnitude", &Options::magnitude, config::between(0, 30),
                      "strength of all changes: 0 none, 30 the strongest"));
  }
};

constexpr double kLargestMagnitude = 30.0;

class RandAugment final : public Augmentation {
 public:
  explicit RandAugment(const RandAugmentOptions& options)
      : num_changes_(options.num_changes), level_(static_cast<double>(options.magnitude) / kLargestMagnitude) {}

  void vary(TrainingImage& image, Rng& rng) const override {
    auto pixels = image.pixels();
    for (std::int64_t i = 0; i < num_changes_; ++i) {
      const auto& operation = draw_operation(rng);
      pixels = operation.apply(pixels, draw_sign(operation, level_, rng), operation.strongest_rand);
    }
    image.set_pixels(pixels);
  }

 private:
  std::int64_t num_changes_;
  double level_;
};

}  // namespace

ASSAY_AUGMENTATION(rand_augment, RandAugment, RandAugmentOptions)

}  // namespace assay::data
