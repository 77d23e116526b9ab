// Changes brightness, contrast, saturation and hue at random, in random order, as torchvision's ColorJitter does.

#include <array>
#include <cmath>
#include <utility>

#include "data/augmentation_plugin.h"
#include "data/pixel_operations.h"

namespace assay::data {
namespace {

struct ColorJitterOptions {
  double brightness = 0.3;
  double contrast = 0.3;
  double saturation = 0.3;
  double hue = 0.0;

  static auto schema() {
    using Options = ColorJitterOptions;
    return config::schema<Options>(
        config::field("brightness", &Options::brightness, config::between(0.0, 1.0),
                      "factor from 1 - this to 1 + this"),
        config::field("contrast", &Options::contrast, config::between(0.0, 1.0), "factor from 1 - this to 1 + this"),
        config::field("saturation", &Options::saturation, config::between(0.0, 1.0),
                      "factor from 1 - this to 1 + this"),
        config::field("hue", &Options::hue, config::between(0.0, 0.5),
                      "largest shift in either direction, as a share of the colour circle"));
  }
};

class ColorJitter final : public Augmentation {
 public:
  explicit ColorJitter(const ColorJitterOptions& options)
      : changes_{{{adjust_brightness, options.brightness, 1.0},
                  {adjust_contrast, options.contrast, 1.0},
                  {adjust_saturation, options.saturation, 1.0},
                  {adjust_hue, options.hue, 0.0}}} {}

  void vary(TrainingImage& image, Rng& rng) const override {
    std::array<std::size_t, 4> order = {0, 1, 2, 3};
    for (std::size_t i = order.size() - 1; i > 0; --i) {
      std::swap(order[i], order[rng.below(static_cast<std::uint32_t>(i + 1))]);
    }
    auto pixels = image.pixels();
    for (const auto index : order) {
      const auto& [adjust, range, middle] = changes_[index];
      const auto strength = middle + range * static_cast<double>(rng.uniform(-1.0F, 1.0F));
      if (range > 0.0) adjust(pixels, strength);
    }
    image.set_pixels(pixels);
  }

 private:
  struct Change {
    void (*adjust)(at::Tensor& pixels, double strength);
    double range, middle;
  };
  std::array<Change, 4> changes_;
};

}  // namespace

ASSAY_AUGMENTATION(color_jitter, ColorJitter, ColorJitterOptions)

}  // namespace assay::data
