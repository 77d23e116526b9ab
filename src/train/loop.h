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

/// Gathers what training works on. All is borrowed.
struct TrainInput {
  models::Model& model;
  data::Loader& train;       ///< gives batches of batch.global images
  data::Loader& validation;  ///< chooses the best epoch
  c10::Device device;        ///< where the model is
  StepOptions step;
  std::filesystem::path folder;  ///< gets checkpoints/best.pt, final.pt and step-*.ckpt, and profile/
  Settings settings;             ///< of the run: a checkpoint of others is refused
  MetricSink& sink;              ///< takes train/..., val/..., best/val/... each epoch
  std::function<void(const Epoch&)> on_epoch = {};  ///< of each epoch, those of an earlier process too
  Loss loss = {};                                   ///< instead of cross-entropy
  double rate_scale = 1.0;          ///< of the learning rate, for a batch that is larger than the one it was meant for
  double rate_warmup_epochs = 0.0;  ///< in which the scale grows from 1
};

struct TrainResult {
  std::vector<Epoch> history;
  std::int64_t best_epoch = 0;
  bool stopped_early = false;
  std::int64_t resumed_at_step = 0;  ///< 0: begun here
  std::int64_t micro_batch = 0;      ///< smaller than asked for when memory did not suffice
  std::vector<std::string> ending;   ///< what made the final weights, in order: "weights of epoch 9", ...
};

/// Trains until the last epoch, until `patience` epochs brought no better validation accuracy, or until the time is
/// over; then gives the model the weights that `keep` names, averaged ones if an average is kept, and computes
/// BatchNorm's statistics anew. Validation sees the averaged weights, too.
///
/// The state is saved after each epoch and between (CheckpointOptions). A training that was cut off at any moment goes
/// on from there in the next call with the same folder, and ends with the same bits.
/// Errors: Error(kConfig) when a loss or gradient is NaN or infinity and `not_finite` is "stop", when more steps were
/// left out than `max_skipped` allows, when no epoch or not the last weights had a finite validation loss, or for a
/// checkpoint of other settings; Error(kData) when the final weights cannot be written; Stopped, after the state has
/// been saved.
TrainResult train(const TrainOptions& options, const TrainInput& input);

}  // namespace assay::train
