#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "core/metric_sink.h"
#include "data/loader.h"
#include "models/model.h"
#include "train/options.h"

namespace assay::train {

/// Is what one epoch gave.
struct Epoch {
  std::int64_t epoch = 0;  ///< from 1
  double train_loss = 0.0;
  double train_accuracy = 0.0;  ///< on the varied images, while the weights moved
  double validation_loss = 0.0;
  double validation_accuracy = 0.0;
  double learning_rate = 0.0;  ///< at the last step
  double seconds = 0.0;
  double images_per_second = 0.0;  ///< of the training part
};

/// Gathers what training works on. All is borrowed.
struct TrainInput {
  models::Model& model;      ///< on `device`; ends with the weights of the best epoch
  data::Loader& train;       ///< gives batches of batch.global images
  data::Loader& validation;  ///< chooses the best epoch
  c10::Device device;
  std::int64_t micro_batch;  ///< images of one forward pass
  std::filesystem::path best_checkpoint;
  MetricSink& sink;  ///< takes train/..., val/..., best/val/... each epoch
  std::function<void(const Epoch&)> on_epoch;
};

struct TrainResult {
  std::vector<Epoch> history;
  std::int64_t best_epoch = 0;
  bool stopped_early = false;
};

/// Trains until the last epoch, or until `patience` epochs brought no better validation accuracy. The best epoch's
/// weights are kept in `best_checkpoint` and loaded at the end. Errors: Error(kConfig) when the loss is no number;
/// Error(kData) when the checkpoint cannot be written; Stopped.
TrainResult train(const TrainOptions& options, const TrainInput& input);

/// Computes the loss of one optimizer step and adds its gradients, in forward passes of at most `micro_batch` images
/// whose losses are weighted so that the sum is the mean over the whole batch. Returns (loss, number of images
/// classified right).
std::pair<double, std::int64_t> accumulate_gradients(models::Model& model, const data::Batch& batch, c10::Device device,
                                                     std::int64_t micro_batch, double label_smoothing);

}  // namespace assay::train
