// Adds a border and cuts the image's size out at a random place.

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "data/augmentation_plugin.h"

namespace assay::data {
namespace {

struct PaddedCropOptions {
  std::int64_t pixels = 4;
  std::string padding = "reflect";

  static auto schema() {
    return config::schema<PaddedCropOptions>(
        config::field("pixels", &PaddedCropOptions::pixels, config::between(0, 512).in("pixels"),
                      "width of the border on each side"),
        config::field("padding", &PaddedCropOptions::padding, config::one_of("reflect", "zero"),
                      "what the border shows: the image mirrored at its edge, or black"));
  }
};

class PaddedCrop final : public Augmentation {
 public:
  explicit PaddedCrop(const PaddedCropOptions& options)
      : pixels_(options.pixels), reflects_(options.padding == "reflect") {}

  void check(ImageSize size) const override {
    const auto shorter_side = std::min(size.height, size.width);
    const auto limit = reflects_ ? shorter_side : shorter_side + 1;
    if (pixels_ < limit) return;
    throw Error(ErrorKind::kConfig,
                fmt::format("padded_crop.pixels = {}: must be less than {}, the images having {} pixels", pixels_,
                            limit, shorter_side),
                "", "fewer pixels, or data.augment without padded_crop");
  }

  void vary(TrainingImage& image, Rng& rng) const override {
    const auto num_shifts = static_cast<std::uint32_t>(2 * pixels_ + 1);
    const auto shift_x = static_cast<std::int64_t>(rng.below(num_shifts)) - pixels_;
    const auto shift_y = static_cast<std::int64_t>(rng.below(num_shifts)) - pixels_;
    image.crop(shift_x, shift_y, reflects_);
  }

 private:
  std::int64_t pixels_;
  bool reflects_;
};

}  // namespace

ASSAY_AUGMENTATION(padded_crop, PaddedCrop, PaddedCropOptions)

}  // namespace assay::data
