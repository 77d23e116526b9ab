#pragma once

#include <cstdint>

#include "data/loader.h"
#include "models/model.h"

namespace assay::train {

/// Tells what a recomputation did.
struct BatchNormReport {
  std::int64_t num_layers = 0;
  std::int64_t num_dropout_layers = 0;  ///< that were disabled meanwhile
  std::int64_t num_batches = 0;
};

/// Returns how many images a forward pass in training needs at least: 2 where the network has BatchNorm, which needs
/// two values a channel, else 1.
std::int64_t smallest_pass(const torch::nn::Module& model);

/// Replaces the running mean and variance of every BatchNorm layer by their plain averages over the first `num_batches`
/// batches of the loader's epoch `epoch`, without gradients, in passes of `micro_batch` images as in training. Weights
/// that were averaged, or moved much in the last epoch, need it: the running values belong to other weights. Dropout is
/// off meanwhile, and has its rates back afterwards: it adds variance that is not there in evaluation. The model is
/// left as it was, training or not. Source: Izmailov et al., Averaging weights leads to wider optima, arXiv 1803.05407,
/// section 3.2; dropout: Li et al., Understanding the disharmony between dropout and batch normalization by variance
/// shift, arXiv 1801.05134. Errors: Stopped when a signal asked for it.
BatchNormReport recompute_batch_norm(models::Model& model, data::Loader& loader, std::int64_t epoch,
                                     std::int64_t num_batches, std::int64_t micro_batch, c10::Device device);

}  // namespace assay::train
