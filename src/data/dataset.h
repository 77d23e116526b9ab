#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "config/option.h"
#include "config/section.h"
#include "data/source.h"
#include "data/transforms.h"

namespace assay::data {

/// Where a data set ships no images for validation, they are split off kTrain (data/split.h), never off kTest.
enum class Split { kTrain, kValidation, kTest };

/// A labelled set of colour images.
class Dataset {
 public:
  virtual ~Dataset() = default;

  /// Opens a split for reading; the same images at each call. Null where the data set ships none for validation.
  /// Errors: Error(kData) naming the file and what is wrong with it.
  virtual std::shared_ptr<const Source> open(Split split) const = 0;

  /// Returns the labels of a split that is there, at less cost than opening it where possible. Shapes: (N) int64.
  /// Errors: as open().
  virtual at::Tensor labels(Split split) const { return open(split)->labels(); }

  /// Returns the size at which the network sees the images.
  virtual ImageSize image_size() const = 0;

  /// Returns the names of the classes, by label.
  virtual const std::vector<std::string>& class_names() const = 0;

  virtual Normalization normalization() const = 0;

  /// Returns the SHA-256 in hexadecimal of the content, or of everything that determines it.
  /// Errors: Error(kData) for a file that cannot be read.
  virtual std::string digest() const = 0;

  /// Describes the data set in one line.
  virtual std::string description() const = 0;
};

/// Makes the data set that the section `data` names. Options that every data set shares (data/loading.h) are left
/// alone. Errors: Error(kConfig) for an unknown name (the nearest is suggested) or an option out of range; Error(kData)
/// when the files are missing.
std::unique_ptr<Dataset> make_dataset(const config::Section& section);

/// Describes all data sets with what loading adds to each, for the schema of what chooses among them.
std::vector<config::PluginOptions> describe_datasets();

}  // namespace assay::data
