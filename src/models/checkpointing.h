#pragma once

#include "models/graph.h"

namespace assay::models {

/// Lists the nodes at which a graph can be cut: of all values computed up to there, only theirs is used later. The last
/// node is always one of them.
std::vector<NodeId> cut_points(const Graph& graph);

/// Computes the whole network as run_graph does with FloatEvaluator, but keeps for the backward pass only the values at
/// about sqrt(n) of its n cut points, and computes the rest a second time when it is needed. Gradients are the same bit
/// by bit: dropout draws the same numbers again, BatchNorm's statistics are updated once. Costs about a third more
/// time. Source: Chen et al., Training deep nets with sublinear memory cost, arXiv 1604.06174. Shapes: images (N, 3, H,
/// W) -> (N, K).
at::Tensor run_checkpointed(const Graph& graph, const at::Tensor& images);

}  // namespace assay::models
