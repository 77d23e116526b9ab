#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/run_context.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "device/batch_size.h"
#include "models/model.h"
#include "train/loop.h"

namespace assay::app {

/// Is a data set in memory, divided for a run.
struct ClassificationData {
  std::string name;
  std::vector<std::string> class_names;
  data::Normalization normalization;
  data::LoadingOptions loading;
  data::Images train_images;
  data::Images test_images;
  std::vector<std::int64_t> train;       ///< places in train_images
  std::vector<std::int64_t> validation;  ///< places in train_images; chooses the best epoch

  std::int64_t num_classes() const { return static_cast<std::int64_t>(class_names.size()); }
  std::int64_t image_height() const { return train_images.pixels.size(2); }
  std::int64_t image_width() const { return train_images.pixels.size(3); }
};

/// Loads the data set that `section` names and describes it in the record.
/// Errors: Error(kData); Error(kConfig) when nothing is left to validate on.
ClassificationData load_data(RunContext& context, const config::Section& section);

/// Orders the weights of convolutions as their fastest kernels read them.
void use_channels_last(models::Model& model);

/// Trains, printing a line and logging points each epoch. The model ends on the CPU with its best epoch's weights.
void train_classifier(RunContext& context, const ClassificationData& data, models::Model& model,
                      const train::TrainOptions& options, const device::BatchPlan& plan);

}  // namespace assay::app
