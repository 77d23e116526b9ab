// The one file that knows libvips; a library of its own (decoder.h).

#include <vips/vips.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "decode/decoder.h"
#include "decode/jpeg_shrink.h"
#include "decode/limits.h"

namespace {

constexpr double kGrey = 128.0;

struct Unref {
  void operator()(VipsImage* image) const { g_object_unref(image); }
};
using Image = std::unique_ptr<VipsImage, Unref>;

void start_vips() {
  static const bool started = [] {
    // The callers' threads are the parallel ones; what libvips remembers of earlier files would only cost memory.
    const bool is_ready = VIPS_INIT("assay") == 0;
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    // Text that is drawn, which may name other files.
    for (const auto* loader : {"VipsForeignLoadSvg", "VipsForeignLoadPdf"}) vips_operation_block_set(loader, TRUE);
    g_log_set_handler(
        "VIPS", G_LOG_LEVEL_WARNING, [](const char*, GLogLevelFlags, const char*, void*) {}, nullptr);
    return is_ready;
  }();
  if (!started) throw std::runtime_error("libvips cannot be started");
}

[[noreturn]] void fail() {
  std::string why = vips_error_buffer();
  vips_error_clear();
  while (!why.empty() && why.back() == '\n') why.pop_back();
  std::replace(why.begin(), why.end(), '\n', ';');
  throw std::runtime_error(why.empty() ? "it is damaged, or ends too early" : why);
}

// Calls an operation of libvips that makes an image of `input`.
template <typename Operation>
Image make_from(const Image& input, const Operation& operation) {
  VipsImage* output = nullptr;
  if (operation(input.get(), &output) != 0) fail();
  return Image(output);
}

int shrink_of(const VipsImage* image, int needed_height, int needed_width) {
  return assay::decode::jpeg_shrink(vips_image_get_height(image), vips_image_get_width(image), needed_height,
                                    needed_width);
}

struct Opened {
  Image image;
  int full_height;
  int full_width;
};

// The image may be a smaller one than the file holds.
Opened open(const char* file, int needed_height, int needed_width) {
  const auto load = [file](auto... options) {
    Image image(vips_image_new_from_file(file, "fail_on", VIPS_FAIL_ON_TRUNCATED, options..., nullptr));
    if (!image) fail();
    return image;
  };
  auto image = load();
  const auto height = vips_image_get_height(image.get()), width = vips_image_get_width(image.get());
  if (static_cast<double>(height) * width > assay::decode::kMostPixels ||
      std::max(height, width) > assay::decode::kMostSide) {
    throw std::runtime_error("an image of " + std::to_string(width) + " x " + std::to_string(height) +
                             " pixels; at most 250 million, and 1 million a side, are read");
  }
  const char* loader = nullptr;
  const bool is_jpeg = vips_image_get_string(image.get(), "vips-loader", &loader) == 0 &&
                       std::string_view(loader).substr(0, 4) == "jpeg";
  const auto shrink = is_jpeg ? shrink_of(image.get(), needed_height, needed_width) : 1;
  // A turned image changes its sides when it is turned upright.
  const bool is_turned = vips_image_get_orientation_swap(image.get()) != 0;
  return {shrink == 1 ? std::move(image) : load("shrink", shrink), is_turned ? width : height,
          is_turned ? height : width};
}

// Grey, palette, CMYK, 16 bits, alpha and profiles all become 8-bit sRGB.
Image to_rgb(Image image) {
  image = make_from(image, [](auto* in, auto** out) { return vips_autorot(in, out, nullptr); });
  if (vips_image_get_typeof(image.get(), VIPS_META_ICC_NAME) != 0) {
    VipsImage* converted = nullptr;  // a broken profile is ignored, as viewers do
    if (vips_icc_transform(image.get(), &converted, "srgb", "embedded", TRUE, "depth", 8, nullptr) == 0) {
      image = Image(converted);
    }
    vips_error_clear();
  }
  image = make_from(image,
                    [](auto* in, auto** out) { return vips_colourspace(in, out, VIPS_INTERPRETATION_sRGB, nullptr); });
  if (vips_image_hasalpha(image.get()) != 0) {
    const std::unique_ptr<VipsArrayDouble, void (*)(VipsArrayDouble*)> background(
        vips_array_double_new(&kGrey, 1), [](auto* array) { vips_area_unref(VIPS_AREA(array)); });
    image = make_from(
        image, [&](auto* in, auto** out) { return vips_flatten(in, out, "background", background.get(), nullptr); });
  }
  return make_from(image, [](auto* in, auto** out) { return vips_cast(in, out, VIPS_FORMAT_UCHAR, nullptr); });
}

AssayPixels compute(Opened opened) {
  const auto image = to_rgb(std::move(opened.image));
  if (vips_image_get_bands(image.get()) != 3) {
    throw std::runtime_error("an image of " + std::to_string(vips_image_get_bands(image.get())) + " channels");
  }
  std::size_t size = 0;
  auto* rows = static_cast<std::uint8_t*>(vips_image_write_to_memory(image.get(), &size));
  if (rows == nullptr) fail();
  return {rows,
          vips_image_get_height(image.get()),
          vips_image_get_width(image.get()),
          opened.full_height,
          opened.full_width,
          g_free};
}

template <typename Make>
int guard(char* error, std::size_t error_size, AssayPixels* pixels, const Make& make) {
  try {
    start_vips();
    *pixels = make();
    return 0;
  } catch (const std::exception& exception) {
    std::snprintf(error, error_size, "%s", exception.what());
    return 1;
  }
}

}  // namespace

extern "C" int assay_read_image(const char* file, int needed_height, int needed_width, AssayPixels* pixels, char* error,
                                std::size_t error_size) {
  return guard(error, error_size, pixels, [&] { return compute(open(file, needed_height, needed_width)); });
}
