#pragma once

#include "app/classification.h"

namespace assay::app {

/// Chooses the micro batch from the memory that full steps of a throw-away copy of the model need; tells and records
/// it. Errors: Error(kConfig) when not even two images fit.
device::BatchPlan choose_batch(RunContext& context, const ClassificationData& data, models::Model& throw_away,
                               const train::TrainOptions& options);

}  // namespace assay::app
