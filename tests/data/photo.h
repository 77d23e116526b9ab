#pragma once

// clang-format off
#include <cstdio>  // which jpeglib.h needs before it
#include <jpeglib.h>
// clang-format on

#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "temporary_folder.h"

namespace assay::data {

/// Returns a picture of soft colours that looks the same at any size; another one for each seed from 0 to 10.
/// Shapes: (3, H, W) uint8.
inline at::Tensor photo(int seed, std::int64_t height, std::int64_t width) {
  const auto turn = 2.0 * std::acos(-1.0);
  const auto x = torch::linspace(0.0, 1.0, width, torch::kDouble).unsqueeze(0);   // (1, W)
  const auto y = torch::linspace(0.0, 1.0, height, torch::kDouble).unsqueeze(1);  // (H, 1)
  const auto waves = torch::sin(turn * (1.3 * x + 0.9 * y) + 1.7 * seed) +
                     torch::cos(turn * (0.8 * x - 1.1 * y) + 2.9 * seed);  // (H, W)
  return torch::stack({128.0 + 50.0 * waves, 100.0 + 30.0 * waves, 90.0 + 20.0 * waves}).clamp(0, 255).to(torch::kByte);
}

/// Compresses a picture. Units: quality from 1 to 100. Shapes: (3, H, W) uint8, RGB.
inline std::string jpeg_of(const at::Tensor& picture, int quality = 95) {
  auto rows = picture.permute({1, 2, 0}).contiguous();  // (H, W, 3)
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;  // NOLINT: libjpeg's type
  jpeg_mem_dest(&jpeg, &bytes, &size);
  jpeg.image_height = static_cast<JDIMENSION>(rows.size(0));
  jpeg.image_width = static_cast<JDIMENSION>(rows.size(1));
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    auto* row = rows[static_cast<std::int64_t>(jpeg.next_scanline)].mutable_data_ptr<std::uint8_t>();
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string text(reinterpret_cast<const char*>(bytes), size);
  jpeg_destroy_compress(&jpeg);
  std::free(bytes);
  return text;
}

/// Returns the first half of a photo's file.
inline std::string cut_jpeg(int seed) {
  const auto whole = jpeg_of(photo(seed, 64, 80));
  return whole.substr(0, whole.size() / 2);
}

/// Writes {train,val,test}/{ant,bee}/N.jpg, two, one and one a class, all different: photos 0 to 7.
inline void write_photos(const TemporaryFolder& folder) {
  int seed = 0;
  for (const auto* name : {"train/ant/0", "train/ant/1", "train/bee/0", "train/bee/1", "val/ant/0", "val/bee/0",
                           "test/ant/0", "test/bee/0"}) {
    folder.write(std::string(name) + ".jpg", jpeg_of(photo(seed++, 64, 80)));
  }
}

}  // namespace assay::data
