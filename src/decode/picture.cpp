#include "decode/picture.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <utility>

#include "core/error.h"
#include "decode/decoder.h"
#include "decode/jpeg.h"

namespace assay::decode {
namespace {

constexpr auto kLibrary = "libassay_decoder.so";

// Engines have the library beside them, other programs in the folder of engines.
AssayReadImage* load_decoder() {
  std::error_code code;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", code).parent_path();
  std::string why = "it is neither beside the program nor in its folder engines/";
  for (const auto& place : {folder / kLibrary, folder / "engines" / kLibrary}) {
    if (!std::filesystem::exists(place, code)) continue;
    if (auto* library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL)) {
      return reinterpret_cast<AssayReadImage*>(::dlsym(library, "assay_read_image"));
    }
    why = ::dlerror();
  }
  throw Error(ErrorKind::kInternal, fmt::format("images cannot be decoded: {} cannot be loaded: {}", kLibrary, why), "",
              "install libvips42, and build again with `make build`");
}

Picture read_by_libvips(const std::filesystem::path& file, int needed_height, int needed_width) {
  static AssayReadImage* const kRead = load_decoder();
  AssayPixels pixels{};
  std::array<char, 1000> error{};
  if (kRead(file.c_str(), needed_height, needed_width, &pixels, error.data(), error.size()) != 0) {
    throw Error(ErrorKind::kData, fmt::format("the image cannot be read: {}", error.data()), file.string(),
                "replace or remove the file");
  }
  return {std::shared_ptr<const std::uint8_t>(pixels.rows, pixels.free), pixels.height, pixels.width,
          pixels.full_height, pixels.full_width};
}

}  // namespace

Picture read_picture(const std::filesystem::path& file, int needed_height, int needed_width) {
  if (auto picture = read_plain_jpeg(file, needed_height, needed_width)) return std::move(*picture);
  return read_by_libvips(file, needed_height, needed_width);
}

}  // namespace assay::decode
