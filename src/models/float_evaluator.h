#pragma once

#include <vector>

#include "models/graph.h"

namespace assay::models {

/// Computes nodes with the model's own float modules. A BatchNorm whose
/// only use is the first part of a sum is left to the sum.
class FloatEvaluator {
 public:
  /// The graph is borrowed. `is_training`: dropout and the like act.
  FloatEvaluator(const Graph& graph, bool is_training);

  at::Tensor operator()(const Node& node, at::ArrayRef<at::Tensor> inputs) const;

 private:
  const Graph* graph_;
  bool is_training_;
  std::vector<bool> is_left_to_sum_;  // of each node
};

}  // namespace assay::models
