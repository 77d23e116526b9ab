#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "config/schema.h"
#include "data/dataset.h"

namespace assay::data {

/// Options of every set of image files.
struct ImageFileOptions {
  std::string folder;
  std::int64_t image_size = 224;
  std::vector<double> mean = {0.485, 0.456, 0.406};
  std::vector<double> std = {0.229, 0.224, 0.225};

  static auto schema() {
    using Options = ImageFileOptions;
    return config::schema<Options>(
        config::field("folder", &Options::folder, "where the images are").outside_run_key(),
        config::field("image_size", &Options::image_size, config::between(8, 1024).in("pixels"),
                      "height and width that the network sees"),
        config::field("mean", &Options::mean, "of red, green and blue, 0 to 1, as the network expects it"),
        config::field("std", &Options::std, "standard deviation of red, green and blue, 0 to 1"));
  }
};

/// Image files of a split, relative to the data set's folder, with their classes.
struct LabelledFiles {
  std::vector<std::string> names;
  std::vector<std::int64_t> labels;
};

/// A data set of image files below one folder, decoded each time that they are read; what derives from it finds them.
class ImageFileSet : public Dataset {
 public:
  std::shared_ptr<const Source> open(Split split) const override;
  ImageSize image_size() const override { return {image_size_, image_size_}; }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  Normalization normalization() const override { return normalization_; }

  /// Identifies the files of each split with their order, labels and content.
  std::string digest() const override;

  std::string description() const override;

 protected:
  /// Errors: Error(kConfig) when no folder is named, or for a mean or deviation out of range.
  explicit ImageFileSet(const ImageFileOptions& options);

  const std::filesystem::path& folder() const { return folder_; }
  LabelledFiles& files_of(Split split) { return splits_.at(static_cast<std::size_t>(split)); }

  /// Errors: Error(kData) for fewer than two classes, or a name that is not UTF-8.
  void set_class_names(std::vector<std::string> names);

 private:
  const LabelledFiles& files_of(Split split) const { return splits_.at(static_cast<std::size_t>(split)); }

  std::filesystem::path folder_;
  std::int64_t image_size_;
  Normalization normalization_;
  std::vector<std::string> class_names_;
  std::array<LabelledFiles, 3> splits_;  // by Split
};

}  // namespace assay::data
