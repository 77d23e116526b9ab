#pragma once

#include <cstdint>
#include <string>

#include "device/batch_finder.h"
#include "device/options.h"

namespace assay::device {

/// Is the batch that a run uses.
struct BatchPlan {
  std::int64_t global = 0;  ///< images of one optimizer step
  std::int64_t micro = 0;   ///< images of one forward pass; the last of a step may be smaller
  std::int64_t num_micro = 0;
  double predicted_bytes = 0.0;  ///< as measured where that size was tried, else from the line
  std::string reason;            ///< what set the micro batch
  double lr_factor = 1.0;        ///< by which the learning rate follows the global batch
  double warmup_epochs = 0.0;    ///< over which a raised learning rate should rise; 0 when it is not raised
};

/// Sets the bounds within which the micro batch is looked for: what the user pinned, else up to the tier's share of the
/// global batch, or of the largest one allowed. `smallest` is 2 where BatchNorm needs two values a channel.
BatchSearch bound_search(const BatchOptions& options, const Tier& tier, std::int64_t num_train_images,
                         std::int64_t smallest);

/// Plans with what find_micro_batch() found. A global batch that is left to the program becomes the largest power of
/// two that fits, or the micro batch where that is pinned; micro batches of a step are made as equal as they can be.
/// Source of the learning rate's rules: Goyal et al., Accurate, large minibatch SGD, 2017 (linear, 5 epochs of
/// warm-up); Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014 (square root).
BatchPlan plan_batch(const BatchOptions& options, const FoundBatch& found);

}  // namespace assay::device
