#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/metric_sink.h"
#include "data/loader.h"
#include "models/model.h"
#include "train/counters.h"
#include "train/options.h"
#include "train/snapshot.h"

namespace assay::train {

/// Inputs of a training. Everything is borrowed.
struct TrainInput {
  models::Model& model;
  data::Loader& train;       ///< batches of batch.global images
  data::Loader& validation;  ///< to choose the best epoch
  c10::Device device;        ///< the model's device
  StepOptions step;
  std::filesystem::path folder;                     ///< for checkpoints/best.pt, final.pt and step-*.ckpt, and profile/
  Settings settings;                                ///< of the run: checkpoints with other settings are rejected
  MetricSink& sink;                                 ///< receives train/..., val/..., best/val/... after each epoch
  std::function<void(const Epoch&)> on_epoch = {};  ///< called for each epoch, also those of an earlier process
  Loss loss = {};                                   ///< instead of cross-entropy
  double rate_scale = 1.0;                          ///< factor on the learning rate for a batch larger than its base
  double rate_warmup_epochs = 0.0;                  ///< over which the scale rises from 1
  /// Called before each step, counted from 0, to change weights: by what they and the step are alone, so that a resumed
  /// training gives the same bits.
  std::function<void(std::int64_t step, std::int64_t num_steps)> before_step = {};
  bool has_statistics = false;  ///< BatchNorm's are the network's own and need not catch up (norm_momentum.h)
  bool holds_zeros = false;     ///< weights of convolutions and linear layers that are zero stay so (weight_mask.h)
};

struct TrainResult {
  std::vector<Epoch> history;
  std::int64_t best_epoch = 0;
  bool stopped_early = false;
  std::int64_t resumed_at_step = 0;  ///< 0: not resumed
  std::int64_t micro_batch = 0;      ///< smaller than requested if memory ran out
  std::vector<std::string> ending;   ///< the steps that produced the final weights: "weights of epoch 9", ...
};

/// Returns the loss of a training: that of the input, or else cross-entropy with the options' smoothing, and with class
/// weights from the labels of the training images.
/// Errors: Error(kConfig) if classes are weighted for a network that does not end with a linear layer.
Loss loss_of(const TrainOptions& options, const TrainInput& input);

/// Trains until the last epoch, until `patience` epochs brought no better validation accuracy, or until the time limit.
/// Then gives the model the weights chosen by `keep`, averaged if averaging is on, and recomputes BatchNorm's
/// statistics. Validation uses the averaged weights too.
///
/// The state is saved after each epoch and in between (CheckpointOptions). After an interruption at any moment, the
/// next call with the same folder resumes from there and ends with the same bits.
/// Errors: Error(kConfig) if a loss or gradient is NaN or infinity and `not_finite` is "stop", if more steps were
/// skipped than `max_skipped` allows, if no epoch or not the final weights had a finite validation loss, or for a
/// checkpoint of other settings; Error(kData) if the final weights cannot be written; Stopped, after the state has been
/// saved.
TrainResult train(const TrainOptions& options, const TrainInput& input);

}  // namespace assay::train
