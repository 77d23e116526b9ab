#pragma once

#include <cstdint>
#include <vector>

#include "core/json.h"
#include "train/step.h"

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
  double images_per_second = 0.0;   ///< of the training part
  std::int64_t num_skipped = 0;     ///< steps that did not change the weights, also those whose float16 overflowed
  std::int64_t num_not_finite = 0;  ///< of them, those whose loss or gradients were NaN or infinity
  std::int64_t micro_batch = 0;     ///< images of a forward pass at its end
  double peak_memory_mb = 0.0;      ///< most that LibTorch held on the device since this process began to train
  StepTimes times;
};

/// Is how far a training has come: what of it is not a tensor.
struct Counters {
  std::int64_t batch = 0;  ///< batches of the current epoch that are done
  std::int64_t step = 0;   ///< optimizer steps of all epochs
  double loss_sum = 0.0;   ///< over the images of the current epoch
  double num_correct = 0.0;
  std::int64_t num_images = 0;
  Epoch current;                ///< of the current epoch, as far as it is known
  std::vector<Epoch> history;   ///< of those before
  double seconds = 0.0;         ///< of training so far, in all processes that had a part in it
  double best_accuracy = -1.0;  ///< on validation
  std::int64_t best_epoch = 0;
  std::int64_t micro_batch = 0;  ///< images of a forward pass; fewer than at first when memory did not suffice
  bool ended = false;            ///< early, or because its time was over
  std::vector<double> schedule;  ///< state of the learning rate's schedule

  /// Returns what has been measured of the current epoch up to now; `seconds` is that of its training part.
  Epoch measured() const;

  /// Moves the current epoch, as it is now known, into the history.
  void begin_next_epoch(const Epoch& record);
};

Json to_json(const Counters& counters);

/// Reads what to_json wrote. Errors: Error(kData) for anything else.
Counters read_counters(const Json& json);

}  // namespace assay::train
