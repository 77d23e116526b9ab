#pragma once

#include <string>
#include <vector>

#include "deploy/onnx_graph.h"
#include "models/graph.h"

namespace assay::deploy {

/// One node of a network that is to be written.
struct OnnxOperation {
  OnnxGraph& file;
  const models::Graph& graph;
  const models::Node& node;
  std::vector<std::string> inputs;  ///< of a convolution or linear layer: value, weight, bias
};

/// Adds a node without its activation, in float; returns the value's name, that of its first input where the node
/// changes nothing.
/// Errors: Error(kConfig) naming what cannot be written.
std::string add_operation(const OnnxOperation& operation);

/// Adds an activation in float; returns the value's name. Errors: Error(kConfig) for one that has no form here.
std::string add_activation(OnnxGraph& file, models::Activation activation, const std::string& value);

}  // namespace assay::deploy
