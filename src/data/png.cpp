#include "data/png.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <png.h>

#include "core/error.h"
#include "core/file.h"

namespace assay::data {

at::Tensor mosaic(const at::Tensor& pixels, const at::Tensor& frames, std::int64_t columns, std::int64_t scale) {
  constexpr std::int64_t kFrame = 2;
  const auto count = pixels.size(0);
  const auto height = pixels.size(2) * scale + 2 * kFrame;
  const auto width = pixels.size(3) * scale + 2 * kFrame;
  const auto rows = (count + columns - 1) / columns;
  auto canvas = at::full({3, rows * height, columns * width}, 255, at::kByte);
  for (std::int64_t i = 0; i < count; ++i) {
    auto cell = canvas.narrow(1, i / columns * height, height).narrow(2, i % columns * width, width);
    cell.copy_(frames[i].view({3, 1, 1}).expand_as(cell));
    const auto picture = pixels[i].repeat_interleave(scale, 1).repeat_interleave(scale, 2);  // (3, H s, W s)
    cell.narrow(1, kFrame, height - 2 * kFrame).narrow(2, kFrame, width - 2 * kFrame).copy_(picture);
  }
  return canvas;
}

void write_png(const at::Tensor& pixels, const std::filesystem::path& path) {
  const auto rows = pixels.permute({1, 2, 0}).contiguous();  // (H, W, 3)
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(pixels.size(2));
  image.height = static_cast<png_uint_32>(pixels.size(1));
  image.format = PNG_FORMAT_RGB;
  const auto* bytes = rows.const_data_ptr<std::uint8_t>();
  png_alloc_size_t size = 0;
  std::string encoded;
  if (png_image_write_to_memory(&image, nullptr, &size, 0, bytes, 0, nullptr) != 0) {
    encoded.resize(size);
    if (png_image_write_to_memory(&image, encoded.data(), &size, 0, bytes, 0, nullptr) != 0) {
      encoded.resize(size);
      write_file_atomically(path, encoded);
      return;
    }
  }
  throw Error(ErrorKind::kData, fmt::format("the picture cannot be encoded: {}", image.message), path.string());
}

}  // namespace assay::data
