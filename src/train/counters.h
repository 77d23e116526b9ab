#pragma once

#include <cstdint>
#include <vector>

#include "core/json.h"
#include "train/step.h"

namespace assay::train {

/// Results of one epoch.
struct Epoch {
  std::int64_t epoch = 0;  ///< from 1
  double train_loss = 0.0;
  double train_accuracy = 0.0;  ///< on augmented images, while the weights change
  double validation_loss = 0.0;
  double validation_accuracy = 0.0;
  double validation_macro_f1 = 0.0;           ///< mean over the classes (eval/class_scores.h)
  double validation_balanced_accuracy = 0.0;  ///< mean recall of the classes
  double learning_rate = 0.0;                 ///< at the last step
  double seconds = 0.0;
  double images_per_second = 0.0;   ///< of the training part
  std::int64_t num_skipped = 0;     ///< steps that did not change the weights, including float16 overflows
  std::int64_t num_not_finite = 0;  ///< of these, steps whose loss or gradients were NaN or infinity
  std::int64_t micro_batch = 0;     ///< images of a forward pass at the end of the epoch
  double peak_memory_mb = 0.0;      ///< most memory that LibTorch held on the device since training began in this
                                    // process
  StepTimes times;
};

/// Progress of a training: the part of its state that is not tensors.
struct Counters {
  std::int64_t batch = 0;  ///< completed batches of the current epoch
  std::int64_t step = 0;   ///< optimizer steps of all epochs
  double loss_sum = 0.0;   ///< over the images of the current epoch
  double num_correct = 0.0;
  std::int64_t num_images = 0;
  Epoch current;                ///< the current epoch so far
  std::vector<Epoch> history;   ///< earlier epochs
  double seconds = 0.0;         ///< of training so far, in all processes that took part
  double best_accuracy = -1.0;  ///< on validation
  std::int64_t best_epoch = 0;
  std::int64_t micro_batch = 0;  ///< images of a forward pass; reduced when memory runs out
  bool ended = false;            ///< early, or because the time limit was reached
  std::vector<double> schedule;  ///< state of the learning rate's schedule

  /// Returns the current epoch as measured so far; `seconds` is the duration of its training part.
  Epoch measured() const;

  /// Moves the current epoch to the history.
  void begin_next_epoch(const Epoch& record);
};

Json to_json(const Counters& counters);

/// Reads the output of to_json. Errors: Error(kData) for anything else.
Counters read_counters(const Json& json);

}  // namespace assay::train
