#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::data {

/// How the files of a CIFAR set are laid out: rows of one or two label bytes and 3 x 32 x 32 pixel bytes, planes of
/// red, green and blue. A file may hold any number of whole rows. Source: Krizhevsky, Learning Multiple Layers of
/// Features from Tiny Images, 2009.
struct CifarLayout {
  std::string title;  ///< "CIFAR-10", for messages
  std::string hint;   ///< where to get the files
  std::vector<std::string> train_files;
  std::vector<std::string> test_files;
  std::int64_t num_label_bytes = 1;
  std::int64_t label_byte = 0;  ///< which of them is the label
  std::int64_t num_classes = 10;
};

/// Bytes of the pixels of a row: three planes of 32 x 32.
inline constexpr std::int64_t kCifarPixelBytes = 3 * 32 * 32;

/// Returns how many rows a file of this size has. `file` names it in errors.
/// Errors: Error(kData) for an empty file, or one that does not end with a row.
std::int64_t count_cifar_rows(const CifarLayout& layout, std::int64_t size, const std::string& file);

/// Copies the rows of a file to places for their pixels and labels. Shapes: pixels (N, 3, 32, 32), labels (N).
/// Errors: Error(kData) for a label out of range, or another number of bytes than N rows have.
void copy_cifar_rows(const CifarLayout& layout, std::string_view bytes, std::int64_t num_rows, const std::string& file,
                     std::uint8_t* pixels, std::int64_t* labels);

}  // namespace assay::data
