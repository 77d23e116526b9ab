#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/classification.h"
#include "app/run_context.h"
#include "compress/step.h"
#include "config/problems.h"
#include "device/batch_size.h"
#include "train/options.h"

namespace assay::app {

/// Names the trained network itself, with which all variants are compared.
inline constexpr auto kBaseline = "float";

/// Steps that make a variant out of the trained network, one after another. "KEY" or "KEY+KEY+...", of tables in
/// `compress`, asks for it; its name is the same with '-' for '+', which MLflow does not take, and names all that it
/// makes: files, records, metrics, child runs.
struct Technique {
  std::string name;
  std::vector<std::unique_ptr<compress::Step>> steps;
};

/// Makes the techniques that `keys` name.
/// Mistakes go to `problems`: a key without a table, twice, "float", or one that is no name of a file.
std::vector<Technique> make_techniques(const config::Section& compress, const std::vector<std::string>& keys,
                                       config::Problems& problems);

/// A network that a technique made, and what its steps chose.
struct Applied {
  compress::Network network;
  std::vector<std::pair<std::string, std::string>> settings;
};

/// Runs the steps of a technique on a trained network, which is left unchanged. Calibration images are training images;
/// training in a step is a stage of its own, of the same batch.
/// Errors: Error(kConfig) when a step does not fit into memory.
Applied apply_technique(RunContext& context, const ClassificationData& data, std::shared_ptr<models::Model> trained,
                        const Technique& technique, const train::TrainOptions& options, const device::BatchPlan& plan);

}  // namespace assay::app
