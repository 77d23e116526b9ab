#include "models/float_evaluator.h"

#include "models/fused_norm.h"
#include "models/operation.h"

namespace assay::models {

FloatEvaluator::FloatEvaluator(const Graph& graph, bool is_training)
    : graph_(&graph), is_training_(is_training), is_left_to_sum_(graph.size()) {
  std::vector<std::size_t> num_uses(graph.size());
  for (const auto& node : graph) {
    for (const auto input : node.inputs) ++num_uses[input];
  }
  for (const auto& node : graph) {
    if (node.op != Op::kAdd) continue;
    const auto& first = graph[node.inputs.front()];
    is_left_to_sum_[first.id] = first.batch_norm && first.activation == Activation::kNone && num_uses[first.id] == 1;
  }
}

at::Tensor FloatEvaluator::operator()(const Node& node, at::ArrayRef<at::Tensor> inputs) const {
  if (is_left_to_sum_[node.id]) return convolve(node, inputs[0], is_training_);
  if (node.op == Op::kAdd && is_left_to_sum_[node.inputs.front()]) {
    return normalise_and_activate(*(*graph_)[node.inputs.front()].batch_norm.ptr(), inputs[0], inputs[1],
                                  node.activation);
  }
  return row_of(node.op).compute(node, inputs, is_training_);
}

}  // namespace assay::models
