#include "models/graph.h"

#include <torch/torch.h>

#include "core/error.h"
#include "models/operation.h"

namespace assay::models {

at::Tensor StochasticDepth::forward(const at::Tensor& values) const {
  if (!is_training() || rate <= 0.0) return values;
  std::vector<std::int64_t> shape(static_cast<std::size_t>(values.dim()), 1);
  shape.front() = values.size(0);
  return values * at::empty(shape, values.options()).bernoulli_(1.0 - rate).div_(1.0 - rate);
}

at::Tensor run_graph(const Graph& graph, const at::Tensor& images, const Evaluate& evaluate) {
  std::vector<std::size_t> uses_left(graph.size(), 0);
  for (const auto& node : graph)
    for (const auto input : node.inputs) ++uses_left[input];

  std::vector<at::Tensor> values(graph.size());
  values.front() = images;
  std::vector<at::Tensor> inputs;
  for (const auto& node : graph) {
    if (node.op == Op::kInput) continue;
    inputs.clear();
    for (const auto input : node.inputs) {
      inputs.push_back(values[input]);
      if (--uses_left[input] == 0) values[input].reset();
    }
    values[node.id] = evaluate(node, inputs);
  }
  return values.back();
}

at::Tensor folding_gain(const Node& node) {
  const torch::NoGradGuard no_grad;
  const auto& weight = node.op == Op::kConv ? node.conv->weight : node.linear->weight;
  auto gain = at::full({weight.size(0)}, node.output_scale, weight.options().dtype(at::kDouble));
  if (!node.batch_norm) return gain;
  const auto& norm = *node.batch_norm;
  return gain * norm.weight.detach().to(at::kDouble) / at::sqrt(norm.running_var.to(at::kDouble) + norm.options.eps());
}

std::vector<FoldedLayer> fold_batch_norm(const Graph& graph) {
  torch::NoGradGuard no_grad;
  std::vector<FoldedLayer> layers(graph.size());
  for (const auto& node : graph) {
    if (node.op != Op::kConv && node.op != Op::kLinear) continue;
    const auto weight = node.op == Op::kConv ? node.conv->weight : node.linear->weight;
    const auto bias = node.op == Op::kConv ? node.conv->bias : node.linear->bias;
    const auto gain = folding_gain(node);  // (C)
    std::vector<std::int64_t> per_channel(static_cast<std::size_t>(weight.dim()), 1);
    per_channel.front() = -1;
    const auto folded_weight = weight.detach().to(at::kDouble) * gain.view(per_channel);
    auto folded_bias = bias.defined() ? bias.detach().to(at::kDouble) : at::zeros_like(gain);
    if (node.batch_norm) folded_bias = folded_bias - node.batch_norm->running_mean.to(at::kDouble);
    folded_bias = folded_bias * gain;
    if (node.batch_norm) folded_bias = folded_bias + node.batch_norm->bias.detach().to(at::kDouble);
    layers[node.id] = {folded_weight.to(at::kFloat).contiguous(), folded_bias.to(at::kFloat)};
  }
  return layers;
}

at::Tensor apply_layer(const Node& node, const FoldedLayer& layer, const at::Tensor& input) {
  if (node.op == Op::kLinear) return at::linear(input, layer.weight, layer.bias);
  const auto& options = node.conv->options;
  const auto& padding = *std::get_if<torch::ExpandingArray<2>>(&options.padding());
  return at::conv2d(input, layer.weight, layer.bias, options.stride(), padding, options.dilation(), options.groups());
}

at::Tensor evaluate_folded(const Node& node, const FoldedLayer& layer, at::ArrayRef<at::Tensor> inputs) {
  if (!layer.weight.defined()) return row_of(node.op).compute(node, inputs, /*training=*/false);
  return apply_activation(apply_layer(node, layer, inputs[0]), node.activation);
}

}  // namespace assay::models
