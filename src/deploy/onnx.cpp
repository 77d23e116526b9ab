// ONNX: what ONNX Runtime, OpenVINO, TensorRT and others read. BatchNorm is folded into the layers. An int8 network is
// written in QDQ form: float operators between QuantizeLinear and DequantizeLinear, which such engines merge into int8
// operators; values uint8, weights int8 with a scale for each output channel.

#include <fmt/format.h>
#include <torch/torch.h>

#include "compress/int8_operations.h"
#include "compress/quantized_network.h"
#include "compress/weight_int8.h"
#include "core/error.h"
#include "core/file.h"
#include "deploy/exporter.h"
#include "deploy/onnx_operations.h"
#include "models/operation.h"

namespace assay::deploy {
namespace {

using compress::QuantizedNetwork;
using compress::QuantParams;
using InLayer = models::ActivationRow::InLayer;

constexpr auto kDynamicReason = "its values have no ranges until it runs, which QDQ form must name";

std::vector<std::string> inputs_of(const models::Node& node, const std::vector<std::string>& values) {
  std::vector<std::string> inputs;
  for (const auto input : node.inputs) inputs.push_back(values[input]);
  return inputs;
}

/// Adds integers that become float, with one scale for each output channel; returns the name of the floats. int32 has
/// no zero point.
std::string add_dequantized(OnnxGraph& file, const std::string& name, const at::Tensor& levels,
                            const at::Tensor& scales) {
  std::vector<std::string> inputs = {file.add_constant(name, levels),
                                     file.add_constant(name + "_scale", scales.to(at::kFloat))};
  if (levels.scalar_type() == at::kChar) {
    inputs.push_back(file.add_constant(name + "_zero_point", at::zeros({levels.size(0)}, at::kChar)));
  }
  return file.add("DequantizeLinear", std::move(inputs), {{"axis", std::int64_t{0}}});
}

/// Adds a network that computes in float; returns the name of its logits. `add_weights` appends those of a node to its
/// inputs.
template <typename AddWeights>
std::string add_in_float(OnnxGraph& file, const models::Graph& graph, const AddWeights& add_weights) {
  std::vector<std::string> values(graph.size());
  values.front() = OnnxGraph::kInput;
  for (const auto& node : graph) {
    if (node.op == models::Op::kInput) continue;
    file.enter(node.name);
    auto inputs = inputs_of(node, values);
    add_weights(node, inputs);
    values[node.id] = add_activation(file, node.activation, add_operation({file, graph, node, std::move(inputs)}));
  }
  return values.back();
}

std::string add_float(OnnxGraph& file, const models::Graph& graph) {
  const auto layers = models::fold_batch_norm(graph);
  return add_in_float(file, graph, [&](const models::Node& node, std::vector<std::string>& inputs) {
    const auto& layer = layers[node.id];
    if (!layer.weight.defined()) return;
    inputs.push_back(file.add_constant("weight", layer.weight));
    inputs.push_back(file.add_constant("bias", layer.bias));
  });
}

std::string add_weight_int8(OnnxGraph& file, const compress::WeightInt8Network& network) {
  return add_in_float(file, network.graph(), [&](const models::Node& node, std::vector<std::string>& inputs) {
    const auto& layer = network.layers()[node.id];
    if (!layer.levels.defined()) return;
    inputs.push_back(add_dequantized(file, "weight", layer.levels, layer.scale.flatten()));
    inputs.push_back(file.add_constant("bias", layer.bias));
  });
}

/// Adds a network of static int8, rounding where it rounds.
class QdqWriter {
 public:
  QdqWriter(OnnxGraph& file, const QuantizedNetwork& network, const std::array<std::int64_t, 3>& image_shape)
      : file_(file), network_(network), params_(network.value_params(image_shape)) {}

  /// Returns the name of the logits.
  std::string add() {
    const auto& graph = network_.graph();
    std::vector<std::string> values(graph.size());
    file_.enter(OnnxGraph::kInput);
    values.front() = rounded(OnnxGraph::kInput, params_.front(), /*is_bounded=*/true);
    for (const auto& node : graph) {
      if (node.op == models::Op::kInput) continue;
      file_.enter(node.name);
      values[node.id] = add_node(node, inputs_of(node, values));
    }
    return values.back();
  }

 private:
  std::string add_node(const models::Node& node, std::vector<std::string> inputs) {
    const auto input = inputs.front();
    const auto& layer = network_.layers()[node.id];
    const bool has_weights = layer.conv || layer.linear;
    if (has_weights) add_weights(node, inputs);
    if (layer.in_float.weight.defined()) {
      inputs.push_back(file_.add_constant("weight", layer.in_float.weight));
      inputs.push_back(file_.add_constant("bias", layer.in_float.bias));
    }
    auto value = add_operation({file_, network_.graph(), node, std::move(inputs)});
    if (value == input || network_.gives_logits(node)) return value;
    const auto in_layer = models::row_of(node.activation).in_layer;
    if (in_layer == InLayer::kRelu) value = file_.add("Relu", {value});
    if (in_layer == InLayer::kAfterwards) {
      if (has_weights) value = rounded(value, layer.before_activation, /*is_bounded=*/false);
      value = add_activation(file_, node.activation, value);
    }
    return rounded(value, params_[node.id], compress::int8_operation(node.op).has_range);
  }

  /// Adds QuantizeLinear and DequantizeLinear; between them, where the network uses fewer than 256 levels and the value
  /// may exceed them, what limits it to these.
  std::string rounded(const std::string& value, QuantParams params, bool is_bounded) {
    const auto scale = file_.add_constant("scale", at::scalar_tensor(params.scale, at::kFloat));
    const auto zero_point = file_.add_constant("zero_point", at::scalar_tensor(params.zero_point, at::kByte));
    auto levels = file_.add("QuantizeLinear", {value, scale, zero_point});
    if (const auto max_level = network_.max_level(); is_bounded && max_level < 255) {
      const auto lowest = file_.add_constant("lowest", at::scalar_tensor(0, at::kByte));
      const auto highest = file_.add_constant("highest", at::scalar_tensor(max_level, at::kByte));
      levels = file_.add("Clip", {levels, lowest, highest});
    }
    return file_.add("DequantizeLinear", {levels, scale, zero_point});
  }

  /// Adds weight and bias to a layer's inputs: int8, and int32 in units of input scale times weight scale, as engines
  /// want it. Where a channel's weights are so small that its bias would not fit, they are rounded more coarsely.
  void add_weights(const models::Node& node, std::vector<std::string>& inputs) {
    constexpr double kLargestBias = 1 << 30;
    const auto& layer = network_.layers()[node.id];
    const auto [weight, its_bias] = layer.conv ? layer.conv->unpack() : layer.linear->unpack();
    const auto bias = its_bias.value().to(at::kDouble);  // (output channels)
    const auto input_scale = params_[node.inputs.front()].scale;
    const auto fine = weight.q_per_channel_scales().to(at::kDouble);
    const auto scales = at::maximum(fine, bias.abs() / (input_scale * kLargestBias));
    std::vector<std::int64_t> per_channel(static_cast<std::size_t>(weight.dim()), 1);
    per_channel.front() = -1;
    const auto levels = weight.int_repr().to(at::kDouble) * (fine / scales).view(per_channel);
    inputs.push_back(add_dequantized(file_, "weight", levels.round().to(at::kChar), scales));
    const auto bias_scales = scales * input_scale;
    inputs.push_back(add_dequantized(file_, "bias", (bias / bias_scales).round().to(at::kInt), bias_scales));
  }

  OnnxGraph& file_;
  const QuantizedNetwork& network_;
  std::vector<QuantParams> params_;  // one a node
};

std::string add_int8(OnnxGraph& file, const compress::Quantized& quantized,
                     const std::array<std::int64_t, 3>& image_shape) {
  const compress::EngineScope engine(quantized.engine());
  const auto* network = dynamic_cast<const QuantizedNetwork*>(&quantized);
  if (network != nullptr) return QdqWriter(file, *network, image_shape).add();
  const auto* weights = dynamic_cast<const compress::WeightInt8Network*>(&quantized);
  if (weights != nullptr) return add_weight_int8(file, *weights);
  throw Error(ErrorKind::kConfig, fmt::format("onnx cannot express this int8 network: {}", kDynamicReason), "",
              "export it as torchscript, or use static_int8");
}

class OnnxExporter final : public Exporter {
 public:
  std::string name() const override { return "onnx"; }
  std::string extension() const override { return ".onnx"; }

  std::string why_not(const std::string& step) const override { return step == "dynamic_int8" ? kDynamicReason : ""; }

  void write(const compress::Network& network, const ExportInfo& info,
             const std::filesystem::path& path) const override {
    const torch::NoGradGuard no_grad;
    OnnxGraph file;
    const auto logits = network.quantized ? add_int8(file, *network.quantized, info.image_shape)
                                          : add_float(file, network.model->graph());
    auto its_info = info;
    its_info.engine.clear();
    write_file_atomically(
        path, file.encode(logits, {info.image_shape, std::ssize(info.class_names), format_json(to_json(its_info))}));
  }
};

}  // namespace

std::unique_ptr<Exporter> exporter_onnx() { return std::make_unique<OnnxExporter>(); }

}  // namespace assay::deploy
