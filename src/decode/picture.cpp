#include "decode/picture.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>

#include "core/error.h"
#include "decode/decoder.h"

namespace assay::decode {
namespace {

constexpr auto kLibrary = "libassay_decoder.so";

struct Decoder {
  AssayReadImage* read = nullptr;
  AssayScaleImage* scale = nullptr;
};

// Engines have the library beside them, other programs in the folder of engines.
Decoder load_decoder() {
  std::error_code code;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", code).parent_path();
  std::string why = "it is neither beside the program nor in its folder engines/";
  for (const auto& place : {folder / kLibrary, folder / "engines" / kLibrary}) {
    if (!std::filesystem::exists(place, code)) continue;
    if (auto* library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL)) {
      return {reinterpret_cast<AssayReadImage*>(::dlsym(library, "assay_read_image")),
              reinterpret_cast<AssayScaleImage*>(::dlsym(library, "assay_scale_image"))};
    }
    why = ::dlerror();
  }
  throw Error(ErrorKind::kInternal, fmt::format("images cannot be decoded: {} cannot be loaded: {}", kLibrary, why), "",
              "install libvips42, and build again with `make build`");
}

const Decoder& decoder() {
  static const Decoder kDecoder = load_decoder();
  return kDecoder;
}

// Calls a function of the decoder; `file` is named when it fails.
template <typename Call>
Picture take(const std::filesystem::path& file, const Call& call) {
  AssayPixels pixels{};
  std::array<char, 1000> error{};
  if (call(&pixels, error.data(), error.size()) != 0) {
    throw Error(ErrorKind::kData, fmt::format("the image cannot be read: {}", error.data()), file.string(),
                "replace or remove the file");
  }
  return {std::shared_ptr<const std::uint8_t>(pixels.rows, pixels.free), pixels.height, pixels.width};
}

}  // namespace

Picture read_picture(const std::filesystem::path& file, int needed_height, int needed_width) {
  return take(file,
              [&](auto... result) { return decoder().read(file.c_str(), needed_height, needed_width, result...); });
}

Picture scale_picture(const std::uint8_t* rows, int height, int width, int to_height, int to_width) {
  return take({}, [&](auto... result) { return decoder().scale(rows, height, width, to_height, to_width, result...); });
}

}  // namespace assay::decode
