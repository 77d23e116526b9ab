#pragma once

#include <cstdint>

#include "config/schema.h"
#include "device/options.h"
#include "train/optimizers/optimizer.h"
#include "train/schedules/schedule.h"

namespace assay::train {

struct TrainOptions {
  std::int64_t epochs = 15;
  std::int64_t patience = 10;
  double label_smoothing = 0.1;
  device::BatchOptions batch;
  config::Section optimizer;
  config::Section schedule;

  static auto schema() {
    return config::schema<TrainOptions>(
        config::field("epochs", &TrainOptions::epochs, config::at_least(1), "passes over the training images"),
        config::field("patience", &TrainOptions::patience, config::at_least(1),
                      "epochs without a better validation accuracy after which training ends"),
        config::field("label_smoothing", &TrainOptions::label_smoothing, config::between(0.0, 0.99),
                      "probability that is spread over all classes"),
        config::field("batch", &TrainOptions::batch, "batch size"),
        config::plugin("optimizer", &TrainOptions::optimizer, describe_optimizers, "what changes the weights"),
        config::plugin("schedule", &TrainOptions::schedule, describe_schedules,
                       "how the learning rate changes from step to step"));
  }
};

}  // namespace assay::train
