#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

namespace assay::decode {

/// A decoded image: rows of pixels of red, green and blue, 8 bits each.
struct Picture {
  std::shared_ptr<const std::uint8_t> rows;  ///< height * width * 3 bytes
  int height = 0;
  int width = 0;
  int full_height = 0;  ///< of the upright image, before a JPEG was decoded smaller
  int full_width = 0;
};

/// Decodes an image file: JPEG, PNG, WebP, TIFF, BMP or GIF (its first frame), grey, palette, CMYK, with alpha (laid on
/// grey) or 16 bits; turned upright as its EXIF entry says, its colours converted to sRGB. A JPEG that is much larger
/// than needed is decoded at a half, a quarter or an eighth, both sides still at least twice those needed; 0 needs full
/// size. libvips is loaded for the first image that is no plain JPEG (jpeg.h). The file's name does not matter. Safe to
/// use from several threads. Units: pixels.
/// Errors: Error(kData) naming the file when it is no image, truncated, or larger than limits.h allows.
Picture read_picture(const std::filesystem::path& file, int needed_height, int needed_width);

}  // namespace assay::decode
