#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "models/model.h"

namespace assay::compress {

/// Says of each output channel of a layer how much the network would lose without it. Only channels of one layer can be
/// compared. Shapes: (C_out) float for each convolution and linear layer.
using ChannelScores = std::map<models::NodeId, at::Tensor>;

/// Scores channels by their weights. Kinds: "l1", "l2": norm of a channel's weights; "batch_norm": size of its
/// BatchNorm's scale, of its weights (L2) where there is none.
/// Source: Li et al., Pruning Filters for Efficient ConvNets, arXiv 1608.08710; Liu et al., Learning Efficient
/// Convolutional Networks through Network Slimming, arXiv 1708.06519.
ChannelScores score_by_weights(const models::Graph& graph, const std::string& kind);

/// Scores channels by how much the loss would change, to first order, if they gave nothing: |gradient x weight|, summed
/// over what scales a channel last (its BatchNorm, else its weights and bias), averaged over batches of at most 32
/// images, in evaluation mode. The model is left unchanged; `num_at_once` images are computed at a time.
/// Shapes: images (N, C, H, W) float, labels (N) int64.
/// Source: Molchanov et al., Importance Estimation for Neural Network Pruning, arXiv 1906.10771, section 3; the
/// absolute value instead of the square of their equation 8.
ChannelScores score_by_gradients(const models::Model& model, const at::Tensor& images, const at::Tensor& labels,
                                 std::int64_t num_at_once);

/// Averages the scores of layers whose channels belong together, each divided by its mean over the layer, so that the
/// mean is 1 and channels of several groups can be compared. Shapes: -> (C_out) float.
at::Tensor group_score(const std::vector<models::NodeId>& layers, const ChannelScores& scores);

}  // namespace assay::compress
