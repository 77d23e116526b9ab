#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace assay::data {

/// Arranges pictures row by row in one, with a frame around each.
/// Shapes: pixels (N, 3, H, W) uint8; frames (N, 3) uint8, the colour of each frame -> (3, H', W') uint8.
/// Units: `columns` pictures in a row; `scale` repeats each pixel so often in both directions; frames are 2 pixels
/// wide.
at::Tensor mosaic(const at::Tensor& pixels, const at::Tensor& frames, std::int64_t columns, std::int64_t scale);

/// Writes a picture as PNG, whole or not at all. Shapes: (3, H, W) uint8, RGB.
/// Errors: Error(kData) naming the path and the reason.
void write_png(const at::Tensor& pixels, const std::filesystem::path& path);

}  // namespace assay::data
