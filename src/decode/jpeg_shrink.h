#pragma once

#include <algorithm>

namespace assay::decode {

/// Returns the largest factor (1, 2, 4 or 8) by which a JPEG decoder can shrink an image with both sides at least twice
/// those needed; 0 needs full size. Units: pixels.
inline int jpeg_shrink(int height, int width, int needed_height, int needed_width) {
  if (needed_height <= 0 || needed_width <= 0) return 1;
  const auto factor = std::min(height / (2 * needed_height), width / (2 * needed_width));
  return factor >= 8 ? 8 : factor >= 4 ? 4 : factor >= 2 ? 2 : 1;
}

}  // namespace assay::decode
