#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>

#include "data/source.h"

namespace assay::data {

/// Decodes an image file (decode/picture.h). {} needs it at full size. Shapes: (3, H, W) uint8, RGB.
/// Errors: Error(kData) naming the file.
at::Tensor read_image(const std::filesystem::path& file, ImageSize needed = {});

/// Decodes an image file likewise. Errors: Error(kData) naming the file.
ReadImage read_image_with_size(const std::filesystem::path& file, ImageSize needed);

/// Scales an image to `size`, whatever its aspect ratio (decode/resample.h). Shapes: (3, h, w) uint8 -> (3, H, W).
at::Tensor scale_image(const at::Tensor& image, ImageSize size);

/// Brings an image to `size`: "pad" keeps the aspect ratio and centres it on grey (128, 128, 128); "crop" keeps the
/// aspect ratio and cuts off what sticks out on both sides; "stretch" does not keep it. An image that has the size is
/// returned itself. Shapes: (3, h, w) uint8 -> (3, H, W).
at::Tensor fit_image(const at::Tensor& image, ImageSize size, const std::string& fit);

}  // namespace assay::data
