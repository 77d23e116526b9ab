#pragma once

#include "app/classification.h"
#include "app/run_context.h"
#include "device/batch_size.h"
#include "models/model.h"
#include "train/options.h"
#include "train/precision.h"

namespace assay::app {

/// Returns what train.precision asks for, or what the device's tier does where it is "auto".
/// Errors: Error(kConfig) when the device cannot.
train::Precision choose_precision(const RunContext& context, const train::TrainOptions& options);

/// Puts a network on the device, its weights in the order that the fastest kernels read, with the options' dropout rate
/// and gradient checkpointing.
void prepare_network(models::Model& model, const train::TrainOptions& options, c10::Device device);

/// Trains, printing a line and logging points each epoch. The model ends on the CPU with the weights that
/// train.keep names.
void train_classifier(RunContext& context, const ClassificationData& data, models::Model& model,
                      const train::TrainOptions& options, const device::BatchPlan& plan);

}  // namespace assay::app
