#pragma once

#include "compress/quantized_ops.h"
#include "models/graph.h"

namespace assay::compress {

/// How an operation computes on quantized values. Convolutions and linear layers have weights of their own
/// (quantized_network.h).
struct Int8Operation {
  /// Computes a node with its activation; the result has the range `output` where `has_range` is set. Null: by the
  /// quantized network itself.
  at::Tensor (*compute)(const models::Node& node, at::ArrayRef<at::Tensor> inputs, QuantParams output);
  bool has_range;  ///< the result's range must be measured; else it is that of the input
};

const Int8Operation& int8_operation(models::Op op);

/// Returns the largest integer that a layer's weights are rounded to, in training for int8 and in int8 alike: 127, and
/// `largest_grouped` in grouped convolutions (see largest_grouped_weight()).
std::int64_t largest_weight(const models::Node& node, std::int64_t largest_grouped);

}  // namespace assay::compress
