#include "data/image_file.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "core/error.h"
#include "decode/picture.h"
#include "decode/resample.h"

namespace assay::data {
namespace {

constexpr std::uint8_t kGrey = 128;

// Returns (3, H, W) uint8, a view of rows of RGB.
at::Tensor to_tensor(const decode::Picture& picture) {
  auto* rows = const_cast<std::uint8_t*>(picture.rows.get());
  return at::from_blob(
             rows, {picture.height, picture.width, kNumChannels}, [kept = picture.rows](void*) {},
             at::TensorOptions(at::kByte))
      .permute({2, 0, 1});
}

at::Tensor scale_part(const at::Tensor& image, ImageSize size, const decode::Window& part) {
  const auto rows = image.permute({1, 2, 0}).contiguous();  // (h, w, 3)
  auto scaled = std::make_shared<std::vector<std::uint8_t>>(decode::resample(
      rows.const_data_ptr<std::uint8_t>(), static_cast<int>(rows.size(0)), static_cast<int>(rows.size(1)),
      static_cast<int>(size.height), static_cast<int>(size.width), part));
  return at::from_blob(
             scaled->data(), {part.height, part.width, kNumChannels}, [scaled](void*) {}, at::TensorOptions(at::kByte))
      .permute({2, 0, 1});
}

}  // namespace

at::Tensor read_image(const std::filesystem::path& file, ImageSize needed) {
  return read_image_with_size(file, needed).pixels;
}

ReadImage read_image_with_size(const std::filesystem::path& file, ImageSize needed) {
  const auto picture = decode::read_picture(file, static_cast<int>(needed.height), static_cast<int>(needed.width));
  return {to_tensor(picture), {picture.full_height, picture.full_width}};
}

at::Tensor scale_image(const at::Tensor& image, ImageSize size) {
  return scale_part(image, size, {0, 0, static_cast<int>(size.height), static_cast<int>(size.width)});
}

at::Tensor fit_image(const at::Tensor& image, ImageSize size, const std::string& fit) {
  const auto height = image.size(1), width = image.size(2);
  if (height == size.height && width == size.width) return image;
  if (fit == "stretch") return scale_image(image, size);
  const auto by_height = static_cast<double>(size.height) / static_cast<double>(height);
  const auto by_width = static_cast<double>(size.width) / static_cast<double>(width);
  const auto scale = fit == "crop" ? std::max(by_height, by_width) : std::min(by_height, by_width);
  const auto scaled = [scale](std::int64_t side) {
    return std::max<std::int64_t>(1, std::llround(static_cast<double>(side) * scale));
  };
  const ImageSize whole{scaled(height), scaled(width)};
  if (fit == "crop") {  // of a strip the whole would be large
    return scale_part(
        image, whole,
        {static_cast<int>((whole.height - size.height) / 2), static_cast<int>((whole.width - size.width) / 2),
         static_cast<int>(size.height), static_cast<int>(size.width)});
  }
  const auto inner = scale_image(image, whole);
  const auto top = (size.height - inner.size(1)) / 2;
  const auto left = (size.width - inner.size(2)) / 2;
  auto canvas = at::full({kNumChannels, size.height, size.width}, kGrey, at::kByte);
  canvas.narrow(1, top, inner.size(1)).narrow(2, left, inner.size(2)).copy_(inner);
  return canvas;
}

}  // namespace assay::data
