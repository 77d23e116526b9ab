// Reads arbitrary bytes as a list of images and as names of classes; the first byte is the number of classes. Labels
// are within the classes, or an assay::Error is thrown. Run: scripts/fuzz

#include <cstdint>
#include <cstdlib>

#include "core/error.h"
#include "data/image_list_lines.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::data;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (const auto& name : parse_class_names(text)) {
    if (name.empty()) std::abort();
  }
  try {
    for (const auto& image : parse_image_list(text, data[0], "list")) {
      if (image.label < 0 || image.label >= data[0] || image.line == 0) std::abort();
    }
  } catch (const assay::Error&) {
  }
  return 0;
}
