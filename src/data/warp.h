#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace assay::data {

/// What shows where there is no image.
inline constexpr std::uint8_t kGrey = 128;

/// Where each pixel of a warped image comes from: (a x + b y + offset_x, c x + d y + offset_y), measured from the
/// centre of the image, y downwards. Units: pixels.
struct Affine {
  double a = 1.0, b = 0.0, offset_x = 0.0;
  double c = 0.0, d = 1.0, offset_y = 0.0;
};

/// Returns the map that turns an image counter-clockwise.
Affine rotation(double degrees);

/// Warps an image with bilinear interpolation. Shapes: (H, W, 3) uint8, contiguous -> the same.
at::Tensor warp(const at::Tensor& pixels, const Affine& map);

}  // namespace assay::data
