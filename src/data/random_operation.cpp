#include "data/random_operation.h"

#include <cmath>
#include <utility>

#include "data/pixel_operations.h"
#include "data/warp.h"

namespace assay::data {
namespace {

template <void (*adjust)(at::Tensor& pixels, double factor)>
at::Tensor adjusted(at::Tensor pixels, double level, double strongest) {
  adjust(pixels, 1.0 + level * strongest);
  return pixels;
}

template <void (*change)(at::Tensor& pixels)>
at::Tensor changed(at::Tensor pixels, double /*level*/, double /*strongest*/) {
  change(pixels);
  return pixels;
}

at::Tensor unchanged(at::Tensor pixels, double /*level*/, double /*strongest*/) { return pixels; }

// Shears leave the upper left corner where it is.
at::Tensor shear_x(at::Tensor pixels, double level, double strongest) {
  const auto slope = level * strongest;
  return warp(pixels, {.b = slope, .offset_x = slope * static_cast<double>(pixels.size(0)) / 2.0});
}

at::Tensor shear_y(at::Tensor pixels, double level, double strongest) {
  const auto slope = level * strongest;
  return warp(pixels, {.c = slope, .offset_y = slope * static_cast<double>(pixels.size(1)) / 2.0});
}

// `strongest` is a share of the side up to 1, else pixels.
double shift_of(std::int64_t side, double level, double strongest) {
  return std::trunc(level * (strongest <= 1.0 ? strongest * static_cast<double>(side) : strongest));
}

at::Tensor translate_x(at::Tensor pixels, double level, double strongest) {
  return warp(pixels, {.offset_x = -shift_of(pixels.size(1), level, strongest)});
}

at::Tensor translate_y(at::Tensor pixels, double level, double strongest) {
  return warp(pixels, {.offset_y = -shift_of(pixels.size(0), level, strongest)});
}

at::Tensor rotate(at::Tensor pixels, double level, double strongest) {
  return warp(pixels, rotation(level * strongest));
}

at::Tensor posterized(at::Tensor pixels, double level, double strongest) {
  posterize(pixels, 8 - static_cast<int>(std::nearbyint(level * strongest)));
  return pixels;
}

at::Tensor solarized(at::Tensor pixels, double level, double strongest) {
  solarize(pixels, strongest * (1.0 - level));
  return pixels;
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
