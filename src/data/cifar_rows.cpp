#include "data/cifar_rows.h"

#include <fmt/format.h>

#include <cstring>

#include "core/error.h"

namespace assay::data {
namespace {

std::int64_t row_bytes(const CifarLayout& layout) { return layout.num_label_bytes + kCifarPixelBytes; }

}  // namespace

std::int64_t count_cifar_rows(const CifarLayout& layout, std::int64_t size, const std::string& file) {
  if (size == 0) throw Error(ErrorKind::kData, layout.title + ": file is empty", file, layout.hint);
  const auto row = row_bytes(layout);
  if (size % row != 0) {
    throw Error(ErrorKind::kData,
                fmt::format("{}: {} bytes are {} rows of {} bytes and {} bytes over: file is cut off or has more in it",
                            layout.title, size, size / row, row, size % row),
                file, "copy or unpack the file again");
  }
  return size / row;
}

void copy_cifar_rows(const CifarLayout& layout, std::string_view bytes, std::int64_t num_rows, const std::string& file,
                     std::uint8_t* pixels, std::int64_t* labels) {
  if (static_cast<std::int64_t>(bytes.size()) != num_rows * row_bytes(layout)) {
    throw Error(ErrorKind::kData, layout.title + ": file changed while it was read", file);
  }
  for (std::int64_t row = 0; row < num_rows; ++row) {
    const char* start = bytes.data() + row * row_bytes(layout);
    labels[row] = static_cast<std::uint8_t>(start[layout.label_byte]);
    if (labels[row] >= layout.num_classes) {
      throw Error(ErrorKind::kData,
                  fmt::format("{}: label {} in row {}: must be 0 to {}", layout.title, labels[row], row,
                              layout.num_classes - 1),
                  file, "the file is damaged, or of another set: rows of CIFAR-100 have two label bytes");
    }
    std::memcpy(pixels + row * kCifarPixelBytes, start + layout.num_label_bytes, kCifarPixelBytes);
  }
}

}  // namespace assay::data
