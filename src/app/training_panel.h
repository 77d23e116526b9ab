#pragma once

#include <cstdint>

#include "app/classification.h"
#include "app/run_context.h"
#include "device/batch_size.h"
#include "train/options.h"

namespace assay::app {

/// What a training will work with, besides the machine.
struct TrainingPlan {
  const ClassificationData& data;
  const train::TrainOptions& options;
  const device::BatchPlan& batch;
  const device::FoundBatch& found;
  std::int64_t largest_side = 0;  ///< of an image that the device is meant for; pixels
  bool has_batch_norm = false;
  double base_rate = 0.0;    ///< learning rate that was asked for
  double estimated_s = 0.0;  ///< of all epochs; 0: unknown

  double learning_rate() const { return base_rate * batch.lr_factor; }
};

/// Tells a plan: as a panel on stderr, as the params `chosen.*` and as `batch` of the record.
void tell_plan(RunContext& context, const TrainingPlan& plan);

}  // namespace assay::app
