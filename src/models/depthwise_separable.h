#pragma once

#include <string>

#include "models/model.h"

namespace assay::models {

/// A 3x3 convolution of each channel by itself, then a 1x1 convolution across channels, each with its BatchNorm.
/// Source: Howard et al., MobileNets, arXiv 1704.04861, section 3.1.
struct DepthwiseSeparable {
  /// Where a convolution and its BatchNorm are registered.
  struct Paths {
    std::string conv, norm;
  };
  std::int64_t in_channels, out_channels, stride;
  Activation after_depthwise, after_pointwise;
  Paths depthwise, pointwise;
};

/// Adds both convolutions. Shapes: (N, C_in, H, W) -> (N, C_out, H / stride, W / stride), rounded up.
NodeId add_depthwise_separable(Model& model, NodeId input, const DepthwiseSeparable& block);

}  // namespace assay::models
