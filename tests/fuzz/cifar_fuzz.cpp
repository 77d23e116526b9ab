// Feeds arbitrary bytes to the reader of CIFAR's rows, which copies labels within their range or throws an
// assay::Error. The first byte chooses CIFAR-10, CIFAR-100 or its groups. Run: scripts/fuzz

#include <cstdint>
#include <cstdlib>

#include "core/error.h"
#include "data/cifar_rows.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::data;
  if (size == 0) return 0;
  static const std::vector<CifarLayout> kLayouts = {
      {"ten", "", {}, {}, 1, 0, 10}, {"groups", "", {}, {}, 2, 0, 20}, {"hundred", "", {}, {}, 2, 1, 100}};
  const auto& layout = kLayouts[data[0] % kLayouts.size()];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    const auto num_rows = count_cifar_rows(layout, static_cast<std::int64_t>(bytes.size()), "file");
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(num_rows * kCifarPixelBytes));
    std::vector<std::int64_t> labels(static_cast<std::size_t>(num_rows));
    copy_cifar_rows(layout, bytes, num_rows, "file", pixels.data(), labels.data());
    for (const auto label : labels) {
      if (label < 0 || label >= layout.num_classes) std::abort();
    }
  } catch (const assay::Error&) {
  }
  return 0;
}
