#pragma once

#include <optional>

#include "app/classification.h"
#include "app/run_context.h"
#include "device/batch_size.h"
#include "models/model.h"
#include "train/options.h"

namespace assay::app {

/// Takes the smallest step of a training where memory is scarce (less than 1 GB, on the CPU): a run that nothing fits
/// is refused before it starts. Where there is more, the step would cost time and hardly ever tell something. Errors:
/// Error(kConfig) when the step does not fit; as make_model().
void check_memory(const Machine& machine, const data::Dataset& dataset, const config::Section& model_section,
                  const train::TrainOptions& options);

/// Returns the batch with which the training of this run began, where it goes on from a checkpoint; tells it again.
/// Where memory has become scarce, training itself makes passes smaller and says so.
/// Errors: Error(kData) when what was kept of it cannot be read.
std::optional<device::BatchPlan> resume_batch(RunContext& context, const ClassificationData& data,
                                              const train::TrainOptions& options);

/// Chooses global and micro batch from the memory that full steps of a throw-away copy of the model need; tells and
/// records them. Where the micro batch changes the result (BatchNorm), or LibTorch was asked to be deterministic, it is
/// the largest that fits, otherwise the smallest that is nearly as fast. The choice is kept for resume_batch(). Errors:
/// Error(kConfig) when not even the smallest fits.
device::BatchPlan choose_batch(RunContext& context, const ClassificationData& data, models::Model& throw_away,
                               const train::TrainOptions& options);

}  // namespace assay::app
