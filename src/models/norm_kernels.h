#pragma once

#include <cstdint>

#include "models/graph.h"

namespace assay::models {

/// A block of rows of a channels-last tensor: `num_rows` pixels of `num_channels` floats each.
struct RowBlock {
  std::int64_t num_rows;
  std::int64_t num_channels;
};

/// Tells whether the kernels below compute an activation: none, ReLU and hard swish.
bool has_norm_kernel(Activation activation);

/// Computes each channel's mean and sum of squared deviations from it. Shapes: values (rows, C) -> mean, deviations
/// (C).
void measure_block(RowBlock block, const float* values, float* mean, float* deviations);

/// Computes activation(values * gain + offset + residual). Shapes: values, residual (may be null), result (rows, C);
/// gain, offset (C).
void activate_block(RowBlock block, Activation activation, const float* values, const float* gain, const float* offset,
                    const float* residual, float* result);

/// Sums, for each channel, the gradient of z = values * gain + offset, and its product with values - mean; `gradient`
/// is that of activation(z). Shapes: gradient, values (rows, C); the others (C).
void sum_gradient_block(RowBlock block, Activation activation, const float* gradient, const float* values,
                        const float* gain, const float* offset, const float* mean, float* sum, float* product);

/// Computes gain * gradient_of_z + slope * (values - mean) + shift, the gradient of the values. Shapes: gradient,
/// values, result (rows, C); the others (C).
void propagate_block(RowBlock block, Activation activation, const float* gradient, const float* values,
                     const float* gain, const float* offset, const float* mean, const float* slope, const float* shift,
                     float* result);

}  // namespace assay::models
