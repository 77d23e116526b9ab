#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "data/source.h"
#include "data/transforms.h"

namespace assay::data {

/// A training image while augmentations vary it. Crops and mirroring wait for the pass that normalises; whatever needs
/// pixels gets them with all that was done before.
class TrainingImage {
 public:
  /// `fit` brings it to `size` (fit_image()) as soon as something needs that. Shapes: image (3, h, w) uint8.
  TrainingImage(at::Tensor image, ImageSize size, std::string fit);

  /// Returns the image: as it was read, of any size, as long as nothing varied it. Shapes: (3, h, w) uint8.
  at::Tensor whole();

  /// Returns a copy of the pixels at the network's size. Shapes: (H, W, 3) uint8, contiguous.
  at::Tensor pixels();

  /// Replaces them. Shapes: (H, W, 3) uint8.
  void set_pixels(const at::Tensor& pixels);

  /// Shifts the image against its frame; what comes in is its mirrored border or black. Units: pixels.
  void crop(std::int64_t shift_x, std::int64_t shift_y, bool reflects);

  void flip();

  ImageSize size() const { return size_; }

  /// Writes the image as the network takes it. Shapes: output (H, W, 3) float.
  void write(const Transform& transform, float* output) const { transform.apply(image_, variation_, output); }

 private:
  bool is_varied() const { return variation_.shift_x != 0 || variation_.shift_y != 0 || variation_.flip; }

  at::Tensor image_;
  ImageSize size_;
  std::string fit_;
  Variation variation_;
};

}  // namespace assay::data
