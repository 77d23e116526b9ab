#include "models/depthwise_separable.h"

namespace assay::models {

NodeId add_depthwise_separable(Model& model, NodeId input, const DepthwiseSeparable& block) {
  const auto filtered = model.add_conv_norm(block.depthwise.conv, block.depthwise.norm, input,
                                            {.in_channels = block.in_channels,
                                             .out_channels = block.in_channels,
                                             .kernel = 3,
                                             .stride = block.stride,
                                             .groups = block.in_channels,
                                             .activation = block.after_depthwise});
  return model.add_conv_norm(
      block.pointwise.conv, block.pointwise.norm, filtered,
      {.in_channels = block.in_channels, .out_channels = block.out_channels, .activation = block.after_pointwise});
}

}  // namespace assay::models
