#include "decode/jpeg.h"

// clang-format off
#include <cstdio>  // which jpeglib.h needs before it
#include <jpeglib.h>
// clang-format on

#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <memory>
#include <string_view>

#include "decode/jpeg_shrink.h"
#include "decode/limits.h"

namespace assay::decode {
namespace {

constexpr int kExif = JPEG_APP0 + 1, kProfile = JPEG_APP0 + 2;

struct ErrorManager {
  jpeg_error_mgr base;
  std::jmp_buf place;
};

[[noreturn]] void leave(j_common_ptr state) { std::longjmp(reinterpret_cast<ErrorManager*>(state->err)->place, 1); }

// A warning says that data is missing or damaged.
void note(j_common_ptr state, int level) {
  if (level < 0) leave(state);
}

bool is_plain(const jpeg_decompress_struct& jpeg) {
  for (const auto* marker = jpeg.marker_list; marker != nullptr; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (data.starts_with("Exif") || data.starts_with("ICC_PROFILE")) return false;
  }
  const bool has_colours = jpeg.jpeg_color_space == JCS_YCbCr || jpeg.jpeg_color_space == JCS_GRAYSCALE;
  return has_colours && static_cast<double>(jpeg.image_height) * jpeg.image_width <= kMostPixels;
}

// Everything that must be freed after an error is owned outside of the function that longjmp() leaves.
struct Decoding {
  std::FILE* file = nullptr;
  jpeg_decompress_struct jpeg{};
  ErrorManager errors{};
  std::unique_ptr<std::uint8_t[]> rows;
  std::unique_ptr<std::uint8_t[]> whole_row;
  int height = 0;
  int width = 0;

  explicit Decoding(const char* name) : file(std::fopen(name, "rb")) {
    jpeg.err = jpeg_std_error(&errors.base);
    errors.base.error_exit = leave;
    errors.base.emit_message = note;
  }
  ~Decoding() {
    jpeg_destroy_decompress(&jpeg);
    if (file != nullptr) std::fclose(file);
  }
  Decoding(const Decoding&) = delete;
  Decoding& operator=(const Decoding&) = delete;
};

bool decode(Decoding& decoding, int needed_height, int needed_width) {
  auto& jpeg = decoding.jpeg;
  if (setjmp(decoding.errors.place) != 0) return false;
  jpeg_create_decompress(&jpeg);
  jpeg_stdio_src(&jpeg, decoding.file);
  jpeg_save_markers(&jpeg, kExif, 4);
  jpeg_save_markers(&jpeg, kProfile, 11);
  jpeg_read_header(&jpeg, TRUE);
  if (!is_plain(jpeg)) return false;
  jpeg.out_color_space = JCS_RGB;
  jpeg.scale_num = 1;
  jpeg.scale_denom = static_cast<unsigned>(jpeg_shrink(
      static_cast<int>(jpeg.image_height), static_cast<int>(jpeg.image_width), needed_height, needed_width));
  jpeg_start_decompress(&jpeg);
  // As libvips does: a last row or column that only a part of a block gives is left out.
  decoding.height = static_cast<int>(jpeg.image_height / jpeg.scale_denom);
  decoding.width = static_cast<int>(jpeg.image_width / jpeg.scale_denom);
  const auto row_bytes = static_cast<std::size_t>(decoding.width) * 3;
  decoding.rows.reset(new std::uint8_t[row_bytes * static_cast<std::size_t>(decoding.height)]);
  decoding.whole_row.reset(new std::uint8_t[static_cast<std::size_t>(jpeg.output_width) * 3]);
  auto* row = decoding.whole_row.get();
  while (jpeg.output_scanline < jpeg.output_height) {
    const auto place = static_cast<int>(jpeg.output_scanline);
    jpeg_read_scanlines(&jpeg, &row, 1);
    if (place < decoding.height) {
      std::copy_n(row, row_bytes, decoding.rows.get() + row_bytes * static_cast<std::size_t>(place));
    }
  }
  jpeg_finish_decompress(&jpeg);
  return true;
}

bool begins_as_jpeg(std::FILE* file) {
  const bool is_jpeg = std::fgetc(file) == 0xff && std::fgetc(file) == 0xd8;
  std::rewind(file);
  return is_jpeg;
}

}  // namespace

std::optional<Picture> read_plain_jpeg(const std::filesystem::path& file, int needed_height, int needed_width) {
  Decoding decoding(file.c_str());
  if (decoding.file == nullptr || !begins_as_jpeg(decoding.file)) return std::nullopt;
  if (!decode(decoding, needed_height, needed_width)) return std::nullopt;
  return Picture{
      std::shared_ptr<const std::uint8_t>(decoding.rows.release(), std::default_delete<const std::uint8_t[]>()),
      decoding.height, decoding.width, static_cast<int>(decoding.jpeg.image_height),
      static_cast<int>(decoding.jpeg.image_width)};
}

}  // namespace assay::decode
