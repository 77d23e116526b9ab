#include "deploy/onnx_operations.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <map>

#include "core/error.h"
#include "models/operation.h"

namespace assay::deploy {
namespace {

using models::Node;
using models::Op;
using Ints = std::vector<std::int64_t>;

Ints both(const torch::ExpandingArray<2>& pair) { return {pair->at(0), pair->at(1)}; }

std::string pass_on(const OnnxOperation& at) { return at.inputs.front(); }

// The convolution behind it pads for itself, as "SAME_UPPER" says.
std::string add_same_pad(const OnnxOperation& at) {
  for (const auto& user : at.graph) {
    if (std::find(user.inputs.begin(), user.inputs.end(), at.node.id) == user.inputs.end()) continue;
    if (user.op == Op::kConv && user.conv->options.kernel_size()->at(0) == at.node.window.kernel &&
        user.conv->options.stride()->at(0) == at.node.window.stride)
      continue;
    throw Error(
        ErrorKind::kConfig,
        fmt::format("onnx: {} pads for {}, which is no convolution of its kernel and stride", at.node.name, user.name),
        "", "export the network as torchscript");
  }
  return at.inputs.front();
}

std::string add_conv(const OnnxOperation& at) {
  const auto& options = at.node.conv->options;
  OnnxGraph::Attributes attributes = {{"kernel_shape", both(options.kernel_size())},
                                      {"strides", both(options.stride())},
                                      {"dilations", both(options.dilation())},
                                      {"group", options.groups()}};
  if (at.graph[at.node.inputs.front()].op == Op::kSamePad) {
    attributes.emplace_back("auto_pad", std::string("SAME_UPPER"));
  } else {
    const auto [vertical, horizontal] = *std::get<torch::ExpandingArray<2>>(options.padding());
    attributes.emplace_back("pads", Ints{vertical, horizontal, vertical, horizontal});
  }
  return at.file.add("Conv", at.inputs, std::move(attributes));
}

std::string add_linear(const OnnxOperation& at) {
  return at.file.add("Gemm", at.inputs, {{"transB", std::int64_t{1}}});
}

std::string add_channel_map(const OnnxOperation& at) {
  const auto weight = at.file.add_constant("weight", at.node.map_weight.to(at::kFloat).unsqueeze(2).unsqueeze(3));
  const auto bias = at.file.add_constant("bias", at.node.map_bias.to(at::kFloat));
  return at.file.add("Conv", {at.inputs.front(), weight, bias}, {{"kernel_shape", Ints{1, 1}}});
}

std::string add_global_pool(const OnnxOperation& at) { return at.file.add("GlobalAveragePool", at.inputs); }

OnnxGraph::Attributes window_of(const Node& node) {
  const auto& [kernel, stride, padding] = node.window;
  return {{"kernel_shape", Ints{kernel, kernel}},
          {"strides", Ints{stride, stride}},
          {"pads", Ints{padding, padding, padding, padding}}};
}

std::string add_max_pool(const OnnxOperation& at) { return at.file.add("MaxPool", at.inputs, window_of(at.node)); }

std::string add_average_pool(const OnnxOperation& at) {
  auto attributes = window_of(at.node);
  attributes.emplace_back("count_include_pad", std::int64_t{1});
  return at.file.add("AveragePool", at.inputs, std::move(attributes));
}

std::string add_flatten(const OnnxOperation& at) {
  return at.file.add("Flatten", at.inputs, {{"axis", std::int64_t{1}}});
}

std::string add_product(const OnnxOperation& at) { return at.file.add("Mul", at.inputs); }

std::string add_sum(const OnnxOperation& at) { return at.file.add("Add", at.inputs); }

std::string add_mix(const OnnxOperation& at) {
  const auto shares = models::mixing_weights(at.node);
  std::string sum;
  for (std::size_t i = 0; i < at.inputs.size(); ++i) {
    const auto share = at.file.add_constant("share", shares[static_cast<std::int64_t>(i)]);
    const auto part = at.file.add("Mul", {at.inputs[i], share});
    sum = sum.empty() ? part : at.file.add("Add", {sum, part});
  }
  return sum;
}

std::string add_concatenate(const OnnxOperation& at) {
  return at.file.add("Concat", at.inputs, {{"axis", std::int64_t{1}}});
}

using Add = std::string (*)(const OnnxOperation&);

constexpr Add kOnnx_input = pass_on;
constexpr Add kOnnx_same_pad = add_same_pad;
constexpr Add kOnnx_conv = add_conv;
constexpr Add kOnnx_linear = add_linear;
constexpr Add kOnnx_channel_map = add_channel_map;
constexpr Add kOnnx_global_pool = add_global_pool;
constexpr Add kOnnx_max_pool = add_max_pool;
constexpr Add kOnnx_average_pool = add_average_pool;
constexpr Add kOnnx_flatten = add_flatten;
constexpr Add kOnnx_dropout = pass_on;
constexpr Add kOnnx_stochastic_depth = pass_on;
constexpr Add kOnnx_multiply = add_product;
constexpr Add kOnnx_add = add_sum;
constexpr Add kOnnx_mix = add_mix;
constexpr Add kOnnx_concatenate = add_concatenate;

constexpr std::array kOperations = {
#define OPERATION(constant, name) kOnnx_##name,
#include "models/operations.def"
#undef OPERATION
};

std::string add_relu6(OnnxGraph& file, const std::string& value) {
  const auto lowest = file.add_constant("lowest", at::scalar_tensor(0.0F));
  const auto highest = file.add_constant("highest", at::scalar_tensor(6.0F));
  return file.add("Clip", {value, lowest, highest});
}

}  // namespace

std::string add_operation(const OnnxOperation& operation) {
  return kOperations.at(static_cast<std::size_t>(operation.node.op))(operation);
}

std::string add_activation(OnnxGraph& file, models::Activation activation, const std::string& value) {
  using Form = std::string (*)(OnnxGraph&, const std::string&);
  static const std::map<std::string_view, Form> kForms = {
      {"none", [](OnnxGraph&, const std::string& its) { return its; }},
      {"relu", [](OnnxGraph& to, const std::string& its) { return to.add("Relu", {its}); }},
      {"relu6", add_relu6},
      {"hardswish", [](OnnxGraph& to, const std::string& its) { return to.add("HardSwish", {its}); }},
      {"hardsigmoid",
       [](OnnxGraph& to, const std::string& its) {
         return to.add("HardSigmoid", {its}, {{"alpha", 1.0F / 6.0F}, {"beta", 0.5F}});
       }},
      {"sigmoid", [](OnnxGraph& to, const std::string& its) { return to.add("Sigmoid", {its}); }},
      {"silu",
       [](OnnxGraph& to, const std::string& its) {
         return to.add("Mul", {its, to.add("Sigmoid", {its})});
       }},
  };
  const auto name = models::row_of(activation).name;
  if (const auto found = kForms.find(name); found != kForms.end()) return found->second(file, value);
  throw Error(ErrorKind::kConfig, fmt::format("onnx: there is no form for the activation \"{}\"", name), "",
              "export the network as torchscript");
}

}  // namespace assay::deploy
