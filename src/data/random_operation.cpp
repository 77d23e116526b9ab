#include "data/random_operation.h"

#include <cmath>
#include <utility>

#include "data/pixel_operations.h"
#include "data/warp.h"

namespace assay::data {
namespace {

template <void (*adjust)(at::Tensor& pixels, double factor)>
at::Tensor adjusted(const at::Tensor& pixels, double level, double strongest) {
  auto copy = pixels.clone();
  adjust(copy, 1.0 + level * strongest);
  return copy;
}

template <void (*change)(at::Tensor& pixels)>
at::Tensor changed(const at::Tensor& pixels, double /*level*/, double /*strongest*/) {
  auto copy = pixels.clone();
  change(copy);
  return copy;
}

at::Tensor unchanged(const at::Tensor& pixels, double /*level*/, double /*strongest*/) { return pixels; }

// Shears leave the upper left corner where it is.
at::Tensor shear_x(const at::Tensor& pixels, double level, double strongest) {
  const auto slope = level * strongest;
  return warp(pixels, {.b = slope, .offset_x = slope * static_cast<double>(pixels.size(0)) / 2.0});
}

at::Tensor shear_y(const at::Tensor& pixels, double level, double strongest) {
  const auto slope = level * strongest;
  return warp(pixels, {.c = slope, .offset_y = slope * static_cast<double>(pixels.size(1)) / 2.0});
}

// `strongest` is a share of the side up to 1, else pixels.
double shift_of(std::int64_t side, double level, double strongest) {
  return std::trunc(level * (strongest <= 1.0 ? strongest * static_cast<double>(side) : strongest));
}

at::Tensor translate_x(const at::Tensor& pixels, double level, double strongest) {
  return warp(pixels, {.offset_x = -shift_of(pixels.size(1), level, strongest)});
}

at::Tensor translate_y(const at::Tensor& pixels, double level, double strongest) {
  return warp(pixels, {.offset_y = -shift_of(pixels.size(0), level, strongest)});
}

at::Tensor rotate(const at::Tensor& pixels, double level, double strongest) {
  return warp(pixels, rotation(level * strongest));
}

at::Tensor posterized(const at::Tensor& pixels, double level, double strongest) {
  auto copy = pixels.clone();
  posterize(copy, 8 - static_cast<int>(std::nearbyint(level * strongest)));
  return copy;
}

at::Tensor solarized(const at::Tensor& pixels, double level, double strongest) {
  auto copy = pixels.clone();
  solarize(copy, strongest * (1.0 - level));
  return copy;
}

}  // namespace

const std::vector<RandomOperation>& random_operations() {
  static const std::vector<RandomOperation> kOperations = {{"identity", unchanged},
                                                           {"shear_x", shear_x, 0.3, 0.99, true},
                                                           {"shear_y", shear_y, 0.3, 0.99, true},
                                                           {"translate_x", translate_x, 150.0 / 331.0, 32.0, true},
                                                           {"translate_y", translate_y, 150.0 / 331.0, 32.0, true},
                                                           {"rotate", rotate, 30.0, 135.0, true},
                                                           {"brightness", adjusted<adjust_brightness>, 0.9, 0.99, true},
                                                           {"color", adjusted<adjust_saturation>, 0.9, 0.99, true},
                                                           {"contrast", adjusted<adjust_contrast>, 0.9, 0.99, true},
                                                           {"sharpness", adjusted<adjust_sharpness>, 0.9, 0.99, true},
                                                           {"posterize", posterized, 4.0, 6.0},
                                                           {"solarize", solarized, 255.0, 255.0},
                                                           {"autocontrast", changed<autocontrast>},
                                                           {"equalize", changed<equalize>}};
  return kOperations;
}

const RandomOperation& draw_operation(Rng& rng) {
  const auto& operations = random_operations();
  return operations[rng.below(static_cast<std::uint32_t>(operations.size()))];
}

double draw_sign(const RandomOperation& operation, double level, Rng& rng) {
  return rng.chance(0.5F) && operation.is_signed ? -level : level;
}

}  // namespace assay::data
