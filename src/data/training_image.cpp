#include "data/training_image.h"

#include <ATen/ops/empty.h>

#include <utility>

#include "data/image_file.h"

namespace assay::data {

TrainingImage::TrainingImage(at::Tensor image, ImageSize size, std::string fit)
    : image_(std::move(image)), size_(size), fit_(std::move(fit)) {}

at::Tensor TrainingImage::whole() {
  if (is_varied()) set_pixels(pixels());
  return image_;
}

at::Tensor TrainingImage::pixels() {
  const auto fitted = fit_image(image_, size_, fit_);
  auto pixels = at::empty({size_.height, size_.width, kNumChannels}, at::kByte);
  copy_varied(fitted, variation_, pixels.mutable_data_ptr<std::uint8_t>());
  return pixels;
}

void TrainingImage::set_pixels(const at::Tensor& pixels) {
  image_ = pixels.permute({2, 0, 1});
  variation_ = {};
}

void TrainingImage::crop(std::int64_t shift_x, std::int64_t shift_y, bool reflects) {
  if (variation_.shift_x != 0 || variation_.shift_y != 0) set_pixels(pixels());
  variation_.shift_x = variation_.flip ? -shift_x : shift_x;
  variation_.shift_y = shift_y;
  variation_.reflects = reflects;
}

void TrainingImage::flip() { variation_.flip = !variation_.flip; }

}  // namespace assay::data
