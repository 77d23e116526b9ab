#pragma once

#include "app/classification.h"
#include "app/run_context.h"
#include "device/batch_size.h"
#include "models/model.h"
#include "train/options.h"

namespace assay::app {

/// Chooses global and micro batch from the memory that full steps of a throw-away copy of the model need; tells and
/// records them. Where the micro batch changes the result (BatchNorm), or LibTorch was asked to be deterministic, it is
/// the largest that fits, otherwise the smallest that is nearly as fast. Errors: Error(kConfig) when not even the
/// smallest fits.
device::BatchPlan choose_batch(RunContext& context, const ClassificationData& data, models::Model& throw_away,
                               const train::TrainOptions& options);

}  // namespace assay::app
