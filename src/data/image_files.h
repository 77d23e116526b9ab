#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/source.h"

namespace assay::data {

/// Image files below a folder, decoded each time that they are read.
class ImageFiles final : public Source {
 public:
  /// `names` are relative to `folder`. Shapes: labels (number of names) int64, contiguous.
  ImageFiles(std::filesystem::path folder, std::vector<std::string> names, at::Tensor labels);

  const at::Tensor& labels() const override { return labels_; }
  at::Tensor read(std::int64_t place, ImageSize needed) const override;
  ReadImage read_with_size(std::int64_t place, ImageSize needed) const override;
  bool decodes() const override { return true; }
  std::string name_of(std::int64_t place) const override { return names_.at(static_cast<std::size_t>(place)); }

  const std::vector<std::string>& names() const { return names_; }

 private:
  std::filesystem::path folder_;
  std::vector<std::string> names_;
  at::Tensor labels_;
};

}  // namespace assay::data
