#pragma once

#include <filesystem>
#include <optional>

#include "decode/picture.h"

namespace assay::decode {

/// Decodes a plain JPEG several times as fast as libvips does, with the same bits: grey or colour, without an Exif
/// header (which may say that it is turned) and without a colour profile. Returns nothing for any other file, and for
/// one that is damaged or too large: libvips decodes or refuses those.
std::optional<Picture> read_plain_jpeg(const std::filesystem::path& file, int needed_height, int needed_width);

}  // namespace assay::decode
