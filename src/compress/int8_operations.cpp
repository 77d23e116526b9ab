#include "compress/int8_operations.h"

#include <torch/torch.h>

#include <array>

#include "models/operation.h"

namespace assay::compress {
namespace {

using models::Node;
using Inputs = at::ArrayRef<at::Tensor>;
using InLayer = models::ActivationRow::InLayer;

at::Tensor pass_on(const Node& /*node*/, Inputs inputs, QuantParams /*output*/) { return inputs[0]; }

// For what LibTorch has no int8 kernel: computed in float and rounded again.
at::Tensor through_float(const Node& node, Inputs inputs, QuantParams output) {
  std::vector<at::Tensor> values;
  for (const auto& input : inputs) values.push_back(input.dequantize());
  return at::quantize_per_tensor(models::row_of(node.op).compute(node, values, /*training=*/false), output.scale,
                                 output.zero_point, at::kQUInt8);
}

at::Tensor max_pool(const Node& node, Inputs inputs, QuantParams /*output*/) {
  const auto& [kernel, stride, padding] = node.window;
  return at::max_pool2d(inputs[0], {kernel, kernel}, {stride, stride}, {padding, padding}, {1, 1});
}

at::Tensor average_pool(const Node& node, Inputs inputs, QuantParams /*output*/) {
  const auto& [kernel, stride, padding] = node.window;
  return at::avg_pool2d(inputs[0], kernel, stride, padding);
}

at::Tensor multiply_values(const Node& node, Inputs inputs, QuantParams output) {
  if (node.activation != models::Activation::kNone) return through_float(node, inputs, output);
  return multiply(inputs[0], inputs[1], output);
}

at::Tensor add_values(const Node& node, Inputs inputs, QuantParams output) {
  const auto in_layer = models::row_of(node.activation).in_layer;
  if (in_layer == InLayer::kAfterwards) return through_float(node, inputs, output);
  return add(inputs[0], inputs[1], output, in_layer == InLayer::kRelu);
}

constexpr Int8Operation kInt8_input{nullptr, true};
constexpr Int8Operation kInt8_same_pad{
    [](const Node& node, Inputs inputs, QuantParams) { return models::pad_same(inputs[0], node.window); }, false};
constexpr Int8Operation kInt8_conv{nullptr, true};
constexpr Int8Operation kInt8_linear{nullptr, true};
constexpr Int8Operation kInt8_channel_map{through_float, true};
constexpr Int8Operation kInt8_global_pool{[](const Node&, Inputs inputs, QuantParams) {
                                            return at::adaptive_avg_pool2d(inputs[0], {1, 1});
                                          },
                                          false};
constexpr Int8Operation kInt8_max_pool{max_pool, false};
constexpr Int8Operation kInt8_average_pool{average_pool, false};
constexpr Int8Operation kInt8_flatten{[](const Node&, Inputs inputs, QuantParams) { return inputs[0].flatten(1); },
                                      false};
constexpr Int8Operation kInt8_dropout{pass_on, false};
constexpr Int8Operation kInt8_stochastic_depth{pass_on, false};
constexpr Int8Operation kInt8_multiply{multiply_values, true};
constexpr Int8Operation kInt8_add{add_values, true};
constexpr Int8Operation kInt8_mix{through_float, true};
constexpr Int8Operation kInt8_concatenate{through_float, true};

constexpr std::array kOperations = {
#define OPERATION(constant, name) kInt8_##name,
#include "models/operations.def"
#undef OPERATION
};

}  // namespace

const Int8Operation& int8_operation(models::Op op) { return kOperations.at(static_cast<std::size_t>(op)); }

std::int64_t largest_weight(const models::Node& node, std::int64_t largest_grouped) {
  return node.op == models::Op::kConv && node.conv->options.groups() > 1 ? largest_grouped : 127;
}

}  // namespace assay::compress
