// Turns images by a random angle about their centre.

#include "data/augmentation_plugin.h"
#include "data/warp.h"

namespace assay::data {
namespace {

struct RotationOptions {
  double degrees = 15.0;

  static auto schema() {
    return config::schema<RotationOptions>(config::field("degrees", &RotationOptions::degrees,
                                                         config::between(0.0, 180.0).in("degrees"),
                                                         "largest angle, in either direction; what comes in is grey"));
  }
};

class Rotation final : public Augmentation {
 public:
  explicit Rotation(const RotationOptions& options) : degrees_(static_cast<float>(options.degrees)) {}

  void vary(TrainingImage& image, Rng& rng) const override {
    const auto degrees = static_cast<double>(rng.uniform(-degrees_, degrees_));
    image.set_pixels(warp(image.pixels(), rotation(degrees)));
  }

 private:
  float degrees_;
};

}  // namespace

ASSAY_AUGMENTATION(rotation, Rotation, RotationOptions)

}  // namespace assay::data
