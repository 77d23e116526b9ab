#include "data/image_file_set.h"

#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <utility>

#include "core/error.h"
#include "core/json.h"
#include "core/sha256.h"
#include "data/file_digests.h"
#include "data/image_files.h"
#include "data/normalization.h"

namespace assay::data {

ImageFileSet::ImageFileSet(const ImageFileOptions& options)
    : folder_(options.folder),
      image_size_(options.image_size),
      normalization_(read_normalization(options.mean, options.std)) {
  if (!folder_.empty()) return;
  throw Error(ErrorKind::kConfig, "data.folder is empty", "", "name the folder of images with data.folder=PATH");
}

std::shared_ptr<const Source> ImageFileSet::open(Split split) const {
  const auto& files = files_of(split);
  if (files.names.empty()) return nullptr;
  return std::make_shared<ImageFiles>(folder_, files.names, at::tensor(files.labels, at::kLong));
}

std::string ImageFileSet::digest() const {
  FileDigests digests(folder_);
  Sha256 all;
  for (const auto& files : splits_) {
    for (std::size_t i = 0; i < files.names.size(); ++i) {
      all.update(fmt::format("{} {} {}\n", files.names[i], files.labels[i], digests.of(files.names[i])));
    }
    all.update("\n");
  }
  return all.finish();
}

std::string ImageFileSet::description() const {
  const auto count = [this](Split split) { return files_of(split).names.size(); };
  return fmt::format(
      "{} classes of image files, {} for training, {} for validation, {} for the test, at {} x {}, from {}",
      class_names_.size(), count(Split::kTrain), count(Split::kValidation), count(Split::kTest), image_size_,
      image_size_, folder_.string());
}

void ImageFileSet::set_class_names(std::vector<std::string> names) {
  if (names.size() < 2) {
    throw Error(ErrorKind::kData, fmt::format("{} classes of images; at least two are needed", names.size()),
                folder_.string());
  }
  for (std::size_t label = 0; label < names.size(); ++label) {
    if (is_utf8(names[label])) continue;
    throw Error(ErrorKind::kData, fmt::format("the name of a class, that of label {}, is not UTF-8", label),
                folder_.string());
  }
  class_names_ = std::move(names);
}

}  // namespace assay::data
