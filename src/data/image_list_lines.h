#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::data {

/// A line "FILE LABEL" of a list.
struct ListedImage {
  std::string name;
  std::int64_t label = 0;
  std::size_t line = 0;  ///< from 1
};

/// Reads a list of images; empty lines, a byte order mark and the line ends of Windows are left out. A name may hold
/// blanks. `file` names the list in errors.
/// Errors: Error(kData) with file and line for a label that is missing, no number or not below `num_classes`, and for
/// an image with two labels; Error(kData) for a list without images.
std::vector<ListedImage> parse_image_list(std::string_view text, std::int64_t num_classes, const std::string& file);

/// Reads the names of classes, a line each; "12  rice leaf roller" is "rice leaf roller".
std::vector<std::string> parse_class_names(std::string_view text);

}  // namespace assay::data
