#include "data/image_files.h"

#include <utility>

#include "core/error.h"
#include "data/image_file.h"

namespace assay::data {

ImageFiles::ImageFiles(std::filesystem::path folder, std::vector<std::string> names, at::Tensor labels)
    : folder_(std::move(folder)), names_(std::move(names)), labels_(std::move(labels)) {
  ASSAY_CHECK(labels_.numel() == static_cast<std::int64_t>(names_.size()));
}

at::Tensor ImageFiles::read(std::int64_t place, ImageSize needed) const { return read_with_size(place, needed).pixels; }

ReadImage ImageFiles::read_with_size(std::int64_t place, ImageSize needed) const {
  return read_image_with_size(folder_ / name_of(place), needed);
}

}  // namespace assay::data
