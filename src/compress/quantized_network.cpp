#include "compress/quantized_network.h"

#include <torch/torch.h>

#include "core/error.h"

namespace assay::compress {

using models::Activation;
using models::Node;
using models::Op;

namespace {

at::Tensor quantize(const at::Tensor& values, QuantParams params) {
  return at::quantize_per_tensor(values, params.scale, params.zero_point, at::kQUInt8);
}

/// Averages over everything but the channels. Shapes: (N, C, H, W) or (N, C) -> (C).
at::Tensor channel_means(const at::Tensor& values) {
  return values.dim() == 4 ? values.mean({0, 2, 3}) : values.mean(0);
}

/// Holds the value of each node until its last use.
class Values {
 public:
  explicit Values(const models::Graph& graph) : values_(graph.size()), last_use_(graph.size(), 0) {
    for (const auto& node : graph)
      for (const auto input : node.inputs) last_use_[input] = node.id;
  }

  void set(const Node& node, at::Tensor value) { values_[node.id] = std::move(value); }

  std::vector<at::Tensor> inputs(const Node& node) const {
    std::vector<at::Tensor> inputs;
    for (const auto input : node.inputs) inputs.push_back(values_[input]);
    return inputs;
  }

  void release_inputs(const Node& node) {
    for (const auto input : node.inputs)
      if (last_use_[input] == node.id) values_[input].reset();
  }

 private:
  std::vector<at::Tensor> values_;
  std::vector<models::NodeId> last_use_;
};

}  // namespace

QuantizedNetwork::QuantizedNetwork(const models::Graph& graph, const at::Tensor& images, const QuantizeOptions& options)
    : graph_(graph), options_(options), layers_(graph.size()) {
  torch::NoGradGuard no_grad;
  ASSAY_CHECK(images.size(0) > 0);
  const auto folded = models::fold_batch_norm(graph);
  input_ = choose_range(images, Activation::kNone, options_.range);
  Values exact(graph);
  Values rounded(graph);
  exact.set(graph.front(), images.contiguous(at::MemoryFormat::ChannelsLast));
  rounded.set(graph.front(), bounded(quantize(images, input_)));
  for (const auto& node : graph) {
    if (node.op == Op::kInput) continue;
    const auto exact_inputs = exact.inputs(node);
    const auto rounded_inputs = rounded.inputs(node);
    at::Tensor value;
    if (folded[node.id].weight.defined()) {
      value = calibrate_layer(node, folded[node.id], exact_inputs[0], rounded_inputs[0]);
    } else {
      value = models::evaluate_folded(node, folded[node.id], exact_inputs);
      if (node.op == Op::kMultiply || node.op == Op::kAdd)
        layers_[node.id].output = choose_range(value, Activation::kNone, options_.range);
    }
    rounded.set(node, evaluate(node, rounded_inputs));
    exact.set(node, std::move(value));
    rounded.release_inputs(node);
    exact.release_inputs(node);
  }
}

at::Tensor QuantizedNetwork::calibrate_layer(const Node& node, const models::FoldedLayer& folded,
                                             const at::Tensor& exact_input, const at::Tensor& rounded_input) {
  auto& layer = layers_[node.id];
  const auto grouped = node.op == Op::kConv && node.conv->options.groups() > 1;
  const auto weight = quantize_weight(folded.weight, grouped ? options_.largest_grouped_weight : 127);
  const auto exact = models::apply_layer(node, folded, exact_input);
  auto bias = folded.bias;
  if (options_.correct_bias) {
    const auto actual = models::apply_layer(node, {weight.dequantize(), folded.bias}, rounded_input.dequantize());
    bias = bias + channel_means(exact) - channel_means(actual);
  }
  if (node.op == Op::kConv) {
    layer.conv = pack_conv(node, weight, bias);
  } else {
    layer.linear = pack_linear(weight, bias);
  }
  auto value = models::apply_activation(exact, node.activation);
  layer.before_activation = choose_range(exact, node.activation, options_.range);
  layer.output = choose_range(value, Activation::kNone, options_.range);
  return value;
}

bool QuantizedNetwork::gives_logits(const Node& node) const {
  return node.op == Op::kLinear && node.id == graph_.back().id && node.activation == Activation::kNone;
}

at::Tensor QuantizedNetwork::evaluate_layer(const Node& node, const at::Tensor& input) const {
  const auto& layer = layers_[node.id];
  if (gives_logits(node)) return linear_dynamic(input.dequantize(), layer.linear, options_.range.max_level < 255);
  const auto relu = node.activation == Activation::kRelu;
  const auto fused = relu || node.activation == Activation::kNone;
  const auto params = fused ? layer.output : layer.before_activation;
  auto value = node.op == Op::kConv ? conv(input, layer.conv, params, relu) : linear(input, layer.linear, params, relu);
  if (node.activation == Activation::kHardswish) return hardswish(value, layer.output);
  if (node.activation == Activation::kHardsigmoid) return hardsigmoid(value, layer.output);
  return value;
}

// LibTorch's operators saturate at level 255 alone. What lies beyond the measured range must not go beyond the levels
// either, or sums of two products overflow their 16 bits on processors without VNNI.
at::Tensor QuantizedNetwork::bounded(const at::Tensor& values) const {
  const auto max_level = options_.range.max_level;
  if (max_level == 255 || !values.is_quantized()) return values;
  const auto value_of = [&](std::int64_t level) {
    return static_cast<double>(level - values.q_zero_point()) * values.q_scale();
  };
  return at::clamp(values, value_of(0), value_of(max_level));
}

// LibTorch's own gives all of the 256 levels.
at::Tensor QuantizedNetwork::hardsigmoid(const at::Tensor& values, QuantParams output) const {
  if (options_.range.max_level == 255) return at::hardsigmoid(values);
  return quantize(at::hardsigmoid(values.dequantize()), output);
}

at::Tensor QuantizedNetwork::evaluate(const Node& node, at::ArrayRef<at::Tensor> inputs) const {
  return bounded(evaluate_unbounded(node, inputs));
}

at::Tensor QuantizedNetwork::evaluate_unbounded(const Node& node, at::ArrayRef<at::Tensor> inputs) const {
  const auto& output = layers_[node.id].output;
  switch (node.op) {
    case Op::kConv:
    case Op::kLinear:
      return evaluate_layer(node, inputs[0]);
    case Op::kMultiply:
      return multiply(inputs[0], inputs[1], output);
    case Op::kAdd: {
      const auto relu = node.activation == Activation::kRelu;
      ASSAY_CHECK((relu || node.activation == Activation::kNone) == true);
      return add(inputs[0], inputs[1], output, relu);
    }
    case Op::kGlobalPool:
      return at::adaptive_avg_pool2d(inputs[0], {1, 1});
    case Op::kFlatten:
      return inputs[0].flatten(1);
    case Op::kDropout:
    case Op::kInput:
      break;
  }
  return inputs[0];
}

at::Tensor QuantizedNetwork::forward(const at::Tensor& images) const {
  torch::NoGradGuard no_grad;
  const auto logits =
      models::run_graph(graph_, bounded(quantize(images, input_)),
                        [this](const Node& node, at::ArrayRef<at::Tensor> inputs) { return evaluate(node, inputs); });
  return logits.is_quantized() ? logits.dequantize() : logits;
}

void QuantizedNetwork::register_weights(torch::jit::Module& module) const {
  for (const auto& node : graph_) {
    const auto& layer = layers_[node.id];
    const auto name = "weights" + std::to_string(node.id);
    if (layer.conv) module.register_attribute(name, c10::getCustomClassType<ConvWeights>(), c10::IValue(layer.conv));
    if (layer.linear)
      module.register_attribute(name, c10::getCustomClassType<LinearWeights>(), c10::IValue(layer.linear));
  }
}

}  // namespace assay::compress
