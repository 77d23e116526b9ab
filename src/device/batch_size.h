#pragma once

#include <cstdint>
#include <string>

#include "device/batch_finder.h"
#include "device/options.h"

namespace assay::device {

/// The batch that a run uses.
struct BatchPlan {
  std::int64_t global = 0;  ///< images of one optimizer step
  std::int64_t micro = 0;   ///< images of one forward pass; the last of a step may be smaller
  std::int64_t num_micro = 0;
  double predicted_bytes = 0.0;  ///< measured if that size was tried, else predicted by the line
  std::string reason;            ///< what determined the micro batch
  double lr_factor = 1.0;        ///< factor on the learning rate for the global batch
  double warmup_epochs = 0.0;    ///< warm-up for a raised learning rate; 0 if it is not raised
};

/// Sets the bounds of the search for the micro batch: the user's fixed value, else up to the tier's share of the global
/// batch, or of the largest one allowed. `smallest` is 2 with BatchNorm, which needs two values per channel.
BatchSearch bound_search(const BatchOptions& options, const Tier& tier, std::int64_t num_train_images,
                         std::int64_t smallest);

/// Plans the batch from the result of find_micro_batch(). An automatic global batch becomes the largest power of two
/// that fits, or the micro batch if that is fixed; micro batches of a step are made as equal as possible.
/// Source of the learning rate rules: Goyal et al., Accurate, large minibatch SGD, 2017 (linear, 5 epochs of warm-up);
/// Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014 (square root).
BatchPlan plan_batch(const BatchOptions& options, const FoundBatch& found);

}  // namespace assay::device
