#pragma once

#include <algorithm>
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

/// Is a data set in memory, divided for a run.
struct ClassificationData {
  std::string name;
  std::vector<std::string> class_names;
  data::Normalization normalization;
  data::LoadingOptions loading;  ///< with a number of workers
  data::Images train_images;
  data::Images test_images;
  std::vector<std::int64_t> train;       ///< places in train_images
  std::vector<std::int64_t> validation;  ///< places in train_images; chooses the best epoch

  std::int64_t num_classes() const { return static_cast<std::int64_t>(class_names.size()); }
  std::int64_t image_height() const { return train_images.pixels.size(2); }
  std::int64_t image_width() const { return train_images.pixels.size(3); }
};

/// Splits validation off the training images. Shapes: labels (N) int64.
/// Errors: Error(kConfig) when nothing is left to train or to validate on.
data::Partition divide_training_set(const at::Tensor& labels, double validation_fraction, std::int64_t seed);

/// Loads the data set that `section` names and describes it in the record.
/// Errors: Error(kData); Error(kConfig) when nothing is left to validate on.
ClassificationData load_data(RunContext& context, const config::Section& section);

}  // namespace assay::app
