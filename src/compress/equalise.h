#pragma once

#include <vector>

#include "models/graph.h"

namespace assay::compress {

/// Scales the channels between pairs of layers so that each channel has the same largest weight on both sides: output
/// channels of one are divided by sqrt(r1 / r2), the input channels of the next multiplied by it. The network computes
/// the same. Pairs are layers of which the second alone reads the first, without an activation between or with ReLU;
/// only what passes each channel on in proportion may lie between: pooling, padding, flattening, and dropout, which
/// does nothing in evaluation. All pairs are scaled in turn until nothing changes. ReLU6 is left alone: its bound would
/// have to be scaled too. Channels with hardly a weight
/// stay as they are. Returns the number of pairs. Shapes: `layers` has one entry a node, changed in place.
/// Source: Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, arXiv 1906.04721,
/// section 4.1, equation 11.
std::int64_t equalise(const models::Graph& graph, std::vector<models::FoldedLayer>& layers);

}  // namespace assay::compress
