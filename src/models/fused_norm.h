#pragma once

#include "models/graph.h"

namespace assay::models {

/// Computes activation(BatchNorm(values) + residual), as the layer's own forward pass and LibTorch's functions do; the
/// residual may be undefined. In training on a CPU, with channels-last floats, one kernel does it all: memory is read
/// and written half as often, and of hard swish's input nothing is kept. Its sums are made block by block, so that the
/// number of threads changes no bit. Whatever else there is goes through LibTorch's functions.
/// Source of the gradient: Ioffe and Szegedy, Batch normalization, arXiv 1502.03167, section 3; of joining the parts
/// of the variance: Chan et al., Updating formulae and a pairwise algorithm for computing sample variances, 1982.
/// Shapes: values, residual (N, C, H, W) -> (N, C, H, W).
at::Tensor normalise_and_activate(torch::nn::BatchNorm2dImpl& norm, const at::Tensor& values,
                                  const at::Tensor& residual, Activation activation);

}  // namespace assay::models
