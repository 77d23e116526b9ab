#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "config/option.h"
#include "config/section.h"

namespace assay::data {

/// Names what a data set ships as; validation is split off kTrain (data/split.h), never off kTest.
enum class Split { kTrain, kTest };

/// Holds all images of a split in memory.
/// Shapes: N images, H height, W width.
struct Images {
  at::Tensor pixels;  ///< (N, 3, H, W) uint8, RGB, contiguous
  at::Tensor labels;  ///< (N) int64
};

/// Is a labelled set of colour images of one size.
class Dataset {
 public:
  virtual ~Dataset() = default;

  /// Reads or draws a split; the same bits at each call.
  /// Errors: Error(kData) naming the file and what is wrong with it.
  virtual Images load(Split split) const = 0;

  /// Returns the labels of a split without its pixels. Shapes: (N) int64. Errors: as load().
  virtual at::Tensor labels(Split split) const { return load(split).labels; }

  /// Returns height and width of the images. Units: pixels.
  virtual std::array<std::int64_t, 2> image_size() const = 0;

  /// Returns the names of the classes, by label.
  virtual const std::vector<std::string>& class_names() const = 0;

  /// Return what normalises the images. Units: channels as 0 to 1.
  virtual std::array<float, 3> mean() const = 0;
  virtual std::array<float, 3> std() const = 0;

  /// Returns the SHA-256 in hexadecimal of the content, or of everything that determines it.
  /// Errors: Error(kData) for a file that cannot be read.
  virtual std::string digest() const = 0;

  /// Describes the data set in one line for people.
  virtual std::string description() const = 0;
};

/// Makes the data set that the section `data` names. Its tables `loader` and `augment` belong to the loading of any
/// data set (data/loading.h) and are left alone. Errors: Error(kConfig) for an unknown name (the nearest is suggested)
/// or an option out of range; Error(kData) when the files are missing.
std::unique_ptr<Dataset> make_dataset(const config::Section& section);

/// Describes all data sets with what loading adds to each, for the schema of what chooses among them.
std::vector<config::PluginOptions> describe_datasets();

}  // namespace assay::data
