#pragma once

#include "compress/step.h"
#include "temporary_folder.h"
#include "train/training_fixture.h"

namespace assay::compress {

/// Makes the training of a stage, on images of two classes.
inline train::SmallTraining small_stage(const TrainRequest& request) {
  train::SmallTraining training;
  training.options.epochs = request.epochs;
  training.rate_scale = request.rate_factor;
  training.before_step = request.before_step;
  training.holds_zeros = request.holds_zeros;
  if (request.keeps_last) training.options.keep = "last";
  if (request.loss) training.loss = request.loss;
  return training;
}

/// Trains as a stage of a run does.
inline void train_small_stage(models::Model& model, const TrainRequest& request) {
  const TemporaryFolder folder;
  train::LastPoint sink;
  small_stage(request).run(model, folder.path(), sink);
  model.eval();
}

/// Runs steps in turn on a network, as a technique does.
inline Network run_chain(const std::vector<config::Section>& steps, const std::shared_ptr<models::Model>& model) {
  torch::manual_seed(4);
  auto calibration = torch::randn({32, 3, 8, 8});
  Network network{model, nullptr};
  for (const auto& step : steps) {
    network =
        make_step(step)->run({network, model, [&](std::int64_t) { return calibration; }, train_small_stage}).network;
  }
  return network;
}

}  // namespace assay::compress
