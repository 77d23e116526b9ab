#pragma once

#include <ATen/core/Tensor.h>

namespace assay::data {

// Each changes the colours of an image in place, as the function of that name in torchvision.transforms.functional does
// with tensors. Shapes: pixels (H, W, 3) uint8, contiguous.

void adjust_brightness(at::Tensor& pixels, double factor);  ///< 0: black
void adjust_contrast(at::Tensor& pixels, double factor);    ///< 0: the mean of its grey
void adjust_saturation(at::Tensor& pixels, double factor);  ///< 0: grey
void adjust_hue(at::Tensor& pixels, double shift);          ///< -0.5 to 0.5: share of the colour circle
void adjust_sharpness(at::Tensor& pixels, double factor);   ///< 0: blurred
void posterize(at::Tensor& pixels, int num_bits);           ///< keeps the upper bits
void solarize(at::Tensor& pixels, double threshold);        ///< inverts what is not below it
void autocontrast(at::Tensor& pixels);                      ///< stretches each channel to 0 to 255
void equalize(at::Tensor& pixels);                          ///< makes each channel's histogram flat

}  // namespace assay::data
