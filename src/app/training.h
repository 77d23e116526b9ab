#pragma once

#include <memory>
#include <string>

#include "app/classification.h"
#include "app/run_context.h"
#include "compress/step.h"
#include "device/batch_size.h"
#include "device/launch_graph.h"
#include "models/model.h"
#include "train/options.h"
#include "train/precision.h"

namespace assay::app {

/// Tells whether a training will go on from a checkpoint in the run's folder.
bool goes_on(const RunContext& context, const train::TrainOptions& options);

/// Returns what train.precision asks for, or what the device's tier does where it is "auto".
/// Errors: Error(kConfig) when the device cannot.
train::Precision choose_precision(const Machine& machine, const train::TrainOptions& options);
train::Precision choose_precision(const RunContext& context, const train::TrainOptions& options);

/// What records the kernels of a pass; null where nothing does.
struct GraphChoice {
  std::unique_ptr<device::LaunchGraph> graph;
  std::string refusal;  ///< why there is none, where train.launch_graph and the device would have one
};
GraphChoice choose_launch_graph(const RunContext& context, const train::TrainOptions& options);

/// Puts a network on the device, its weights in the order that the fastest kernels read, with the options' dropout rate
/// and gradient checkpointing.
void prepare_network(models::Model& model, const train::TrainOptions& options, c10::Device device);

/// Trains, printing a line and logging points each epoch. The model ends on the CPU with the weights that
/// train.keep names.
void train_classifier(RunContext& context, const ClassificationData& data, models::Model& model,
                      const train::TrainOptions& options, const device::BatchPlan& plan);

/// Trains in the same way for what comes after the main training: in the folder stages/<name> of the run, with its
/// metrics under stages/<name>/ and its own part of the record. A killed run resumes in it.
void train_stage(RunContext& context, const ClassificationData& data, models::Model& model,
                 const train::TrainOptions& options, const device::BatchPlan& plan, const std::string& name,
                 const compress::TrainRequest& request);

}  // namespace assay::app
