#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/run_context.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "data/split.h"

namespace assay::app {

/// Returns how many images are evaluated at a time beside a micro batch of training, which takes more memory.
inline std::int64_t evaluation_batch(std::int64_t micro_batch) { return std::min<std::int64_t>(250, micro_batch); }

/// A data set, divided for a run.
struct ClassificationData {
  std::string name;
  std::vector<std::string> class_names;
  data::Preprocessing preprocessing;
  data::LoadingOptions loading;  ///< with a number of workers
  data::Samples train;
  data::Samples validation;  ///< chooses the best epoch
  data::Samples test;        ///< read once, at the end

  std::int64_t num_classes() const { return static_cast<std::int64_t>(class_names.size()); }
  std::int64_t image_height() const { return preprocessing.size.height; }
  std::int64_t image_width() const { return preprocessing.size.width; }

  /// Returns the shape of one image as the network takes it: (C, H, W).
  std::array<std::int64_t, 3> image_shape() const { return {data::kNumChannels, image_height(), image_width()}; }
};

/// Splits validation off the training images. Shapes: labels (N) int64.
/// Errors: Error(kConfig) when nothing is left to train or to validate on.
data::Partition divide_training_set(const at::Tensor& labels, double validation_fraction, std::int64_t seed);

/// Opens the data set that `section` names and describes it in the record.
/// Errors: Error(kData); Error(kConfig) when nothing is left to validate on.
ClassificationData load_data(RunContext& context, const config::Section& section);

}  // namespace assay::app
