#pragma once

#include <memory>
#include <optional>

#include "models/model.h"
#include "train/counters.h"
#include "train/ema.h"
#include "train/options.h"
#include "train/precision.h"
#include "train/snapshot.h"

namespace assay::train {

/// All state that a training changes, so that it can be saved as a whole.
class TrainState {
 public:
  /// Starts a training of `epochs` times `steps_per_epoch` steps. The model is borrowed.
  TrainState(const TrainOptions& options, models::Model& model, Precision precision, c10::Device device,
             std::int64_t steps_per_epoch);

  /// Saves the model's weights and buffers as those of the best epoch.
  void keep_as_best();

  /// Restores the weights and buffers of the best epoch.
  void use_best() const;

  Snapshot snapshot(const Settings& settings) const;

  /// Resumes from a snapshot.
  /// Errors: Error(kConfig) if it belongs to other settings; Error(kData) if its tensors do not fit.
  void restore(const Snapshot& snapshot, const Settings& settings);

  Counters counters;
  const std::unique_ptr<Optimizer> optimizer;
  const std::unique_ptr<Schedule> schedule;
  std::optional<Ema> ema;
  LossScaler scaler;

 private:
  NamedTensors model_tensors() const;
  NamedTensors live_tensors() const;

  models::Model& model_;
  NamedTensors best_;
};

}  // namespace assay::train
