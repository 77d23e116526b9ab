#pragma once

#include <cstdint>

#include "data/loader.h"
#include "models/model.h"

namespace assay::train {

/// Result of a recomputation.
struct BatchNormReport {
  std::int64_t num_layers = 0;
  std::int64_t num_dropout_layers = 0;  ///< disabled during the recomputation
  std::int64_t num_batches = 0;
  std::int64_t micro_batch = 0;  ///< images of a pass: fewer than asked for if memory ran out
};

/// Returns the smallest number of images for a forward pass in training: 2 with BatchNorm, which needs two values per
/// channel, else 1.
std::int64_t smallest_pass(const torch::nn::Module& model);

/// Replaces the running mean and variance of every BatchNorm layer by their plain averages over the first `num_batches`
/// batches of the loader's epoch `epoch`, without gradients, in passes of `micro_batch` images as in training. Weights
/// that were averaged, or moved much in the last epoch, need this: the running values belong to other weights. Dropout
/// is off during the passes and has its rates back afterwards, since it adds variance that evaluation does not have.
/// The model keeps its training or evaluation mode. When memory runs out, begins anew with passes of half as many
/// images, and reports it. Source: Izmailov et al., Averaging weights leads to wider optima, arXiv 1803.05407,
/// section 3.2; dropout: Li et al., Understanding the disharmony between dropout and batch normalization by variance
/// shift, arXiv 1801.05134. Errors: Error(kConfig) if not even the smallest pass fits; Stopped if a signal requested
/// it.
BatchNormReport recompute_batch_norm(models::Model& model, data::Loader& loader, std::int64_t epoch,
                                     std::int64_t num_batches, std::int64_t micro_batch, c10::Device device);

}  // namespace assay::train
