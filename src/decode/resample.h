#pragma once

#include <cstdint>
#include <vector>

namespace assay::decode {

/// Scales rows of RGB, whatever the aspect ratio, with Lanczos' kernel of three lobes, which is widened where the image
/// shrinks, so that nothing is skipped: what Pillow's LANCZOS gives, but for the rounding between its two passes.
/// Returns height * width * 3 bytes. Units: pixels.
/// Source: Duchon, Lanczos Filtering in One and Two Dimensions, 1979; Pillow, src/libImaging/Resample.c.
std::vector<std::uint8_t> resample(const std::uint8_t* rows, int height, int width, int to_height, int to_width);

/// A part of an image. Units: pixels.
struct Window {
  int top, left, height, width;
};

/// Computes only a part of the scaled image, with the same bits, and from what it needs of the image alone.
/// Returns part.height * part.width * 3 bytes.
std::vector<std::uint8_t> resample(const std::uint8_t* rows, int height, int width, int to_height, int to_width,
                                   const Window& part);

}  // namespace assay::decode
