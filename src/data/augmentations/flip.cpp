// Mirrors images left to right.

#include "data/augmentation_plugin.h"

namespace assay::data {
namespace {

struct FlipOptions {
  double probability = 0.5;

  static auto schema() {
    return config::schema<FlipOptions>(config::field(
        "probability", &FlipOptions::probability, config::between(0.0, 1.0), "share of the images that are mirrored"));
  }
};

class Flip final : public Augmentation {
 public:
  explicit Flip(const FlipOptions& options) : probability_(static_cast<float>(options.probability)) {}

  void vary(TrainingImage& image, Rng& rng) const override {
    if (rng.chance(probability_)) image.flip();
  }

 private:
  float probability_;
};

}  // namespace

ASSAY_AUGMENTATION(flip, Flip, FlipOptions)

}  // namespace assay::data
