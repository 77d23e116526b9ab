#include "models/operation.h"

#include <ATen/TracerMode.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "models/fused_norm.h"

namespace assay::models {
namespace {

using Inputs = at::ArrayRef<at::Tensor>;

at::Tensor compute_same_pad(const Node& node, Inputs inputs, bool /*training*/) {
  return pad_same(inputs[0], node.window);
}

at::Tensor compute_conv(const Node& node, Inputs inputs, bool training) {
  const auto values = convolve(node, inputs[0], training);  // (N, C, H, W)
  if (!node.batch_norm) return apply_activation(values, node.activation);
  return normalise_and_activate(*node.batch_norm.ptr(), values, {}, node.activation);
}

std::int64_t count_conv_macs(const Node& node, at::IntArrayRef output) {
  return c10::multiply_integers(output) * node.conv->weight[0].numel();
}

at::Tensor compute_linear(const Node& node, Inputs inputs, bool /*training*/) {
  const auto values = node.linear.ptr()->forward(inputs[0]);  // (N, K)
  return apply_activation(node.output_scale == 1.0 ? values : values * node.output_scale, node.activation);
}

std::int64_t count_linear_macs(const Node& node, at::IntArrayRef /*output*/) { return node.linear->weight.numel(); }

at::Tensor compute_channel_map(const Node& node, Inputs inputs, bool /*training*/) {
  const auto weight = node.map_weight.to(inputs[0].options()).unsqueeze(2).unsqueeze(3);
  return at::conv2d(inputs[0], weight, node.map_bias.to(inputs[0].options()));
}

at::Tensor compute_max_pool(const Node& node, Inputs inputs, bool /*training*/) {
  const auto& [kernel, stride, padding] = node.window;
  return at::max_pool2d(inputs[0], {kernel, kernel}, {stride, stride}, {padding, padding});
}

at::Tensor compute_average_pool(const Node& node, Inputs inputs, bool /*training*/) {
  const auto& [kernel, stride, padding] = node.window;
  return at::avg_pool2d(inputs[0], kernel, stride, padding);
}

// In evaluation the shares are constants, for whoever traces.
at::Tensor shares_of(const Node& node, bool training) {
  if (training) return mixing_weights(node);
  const torch::NoGradGuard no_grad;
  const at::tracer::impl::NoTracerDispatchMode not_traced;
  return mixing_weights(node);
}

at::Tensor compute_mix(const Node& node, Inputs inputs, bool training) {
  const auto shares = shares_of(node, training);
  auto sum = inputs[0] * shares[0];
  for (std::size_t i = 1; i < inputs.size(); ++i) sum = sum + inputs[i] * shares[static_cast<std::int64_t>(i)];
  return apply_activation(sum, node.activation);
}

constexpr OperationRow kRow_input{.name = "input",
                                  .compute = [](const Node&, Inputs inputs, bool) { return inputs[0]; },
                                  .channels = ChannelRule::kOwn};
constexpr OperationRow kRow_same_pad{.name = "same_pad", .compute = compute_same_pad, .channels = ChannelRule::kPassed};
constexpr OperationRow kRow_conv{
    .name = "conv", .compute = compute_conv, .channels = ChannelRule::kOwn, .count_macs = count_conv_macs};
constexpr OperationRow kRow_linear{
    .name = "linear", .compute = compute_linear, .channels = ChannelRule::kOwn, .count_macs = count_linear_macs};
constexpr OperationRow kRow_channel_map{
    .name = "channel_map", .compute = compute_channel_map, .channels = ChannelRule::kOwn};
constexpr OperationRow kRow_global_pool{.name = "global_pool",
                                        .compute =
                                            [](const Node&, Inputs inputs, bool) {
                                              return at::adaptive_avg_pool2d(inputs[0], {1, 1});
                                            },
                                        .channels = ChannelRule::kPassed};
constexpr OperationRow kRow_max_pool{.name = "max_pool", .compute = compute_max_pool, .channels = ChannelRule::kPassed};
constexpr OperationRow kRow_average_pool{
    .name = "average_pool", .compute = compute_average_pool, .channels = ChannelRule::kPassed};
constexpr OperationRow kRow_flatten{.name = "flatten",
                                    .compute = [](const Node&, Inputs inputs, bool) { return inputs[0].flatten(1); },
                                    .channels = ChannelRule::kPassed};
constexpr OperationRow kRow_dropout{
    .name = "dropout",
    .compute = [](const Node& node, Inputs inputs,
                  bool training) { return training ? node.dropout.ptr()->forward(inputs[0]) : inputs[0]; },
    .channels = ChannelRule::kPassed};
constexpr OperationRow kRow_stochastic_depth{
    .name = "stochastic_depth",
    .compute = [](const Node& node, Inputs inputs,
                  bool training) { return training ? node.stochastic_depth->forward(inputs[0]) : inputs[0]; },
    .channels = ChannelRule::kPassed};
constexpr OperationRow kRow_multiply{
    .name = "multiply",
    .compute = [](const Node& node, Inputs inputs,
                  bool) { return apply_activation(inputs[0] * inputs[1], node.activation); },
    .channels = ChannelRule::kTied};
constexpr OperationRow kRow_add{
    .name = "add",
    .compute = [](const Node& node, Inputs inputs,
                  bool) { return apply_activation(inputs[0] + inputs[1], node.activation); },
    .channels = ChannelRule::kTied};
constexpr OperationRow kRow_mix{.name = "mix", .compute = compute_mix, .channels = ChannelRule::kTied};
constexpr OperationRow kRow_concatenate{.name = "concatenate",
                                        .compute = [](const Node&, Inputs inputs, bool) { return at::cat(inputs, 1); },
                                        .channels = ChannelRule::kConcatenated};

constexpr std::array kRows = {
#define OPERATION(constant, name) kRow_##name,
#include "models/operations.def"
#undef OPERATION
};

}  // namespace

const OperationRow& row_of(Op op) { return kRows.at(static_cast<std::size_t>(op)); }

ChannelRule channel_rule(const Node& node) {
  const bool is_depthwise = node.op == Op::kConv && node.conv->options.groups() > 1 &&
                            node.conv->options.groups() == node.conv->options.in_channels() &&
                            node.conv->options.groups() == node.conv->options.out_channels();
  return is_depthwise ? ChannelRule::kPassed : row_of(node.op).channels;
}

at::Tensor convolve(const Node& node, const at::Tensor& values, bool training) {
  return convolve(node, node.conv->weight, values, training);
}

at::Tensor convolve(const Node& node, const at::Tensor& weight, const at::Tensor& values, bool training) {
  constexpr std::int64_t kChannelsOfBlock = 16;
  const auto& options = node.conv->options;
  const auto stride = options.stride()->at(0);
  const bool overruns = training && values.device().is_cpu() && options.kernel_size()->at(0) == 1 && stride > 1 &&
                        options.in_channels() < kChannelsOfBlock;
  if (!overruns) return apply_layer(node, {weight, node.conv->bias}, values);
  const auto seen = values.slice(2, 0, std::nullopt, stride).slice(3, 0, std::nullopt, stride);
  return at::conv2d(seen, weight, node.conv->bias, at::IntArrayRef{1}, at::IntArrayRef{0}, at::IntArrayRef{1},
                    options.groups());
}

at::Tensor pad_same(const at::Tensor& values, const Window& window) {
  const auto total = [&](std::int64_t size) {
    const auto num_outputs = (size + window.stride - 1) / window.stride;
    return std::max<std::int64_t>(0, (num_outputs - 1) * window.stride + window.kernel - size);
  };
  const auto vertical = total(values.size(2)), horizontal = total(values.size(3));
  return at::constant_pad_nd(values,
                             {horizontal / 2, horizontal - horizontal / 2, vertical / 2, vertical - vertical / 2});
}

at::Tensor mixing_weights(const Node& node) { return at::softmax(at::stack(node.mixing), 0); }

Op find_operation(std::string_view name) {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].name == name) return static_cast<Op>(i);
  }
  throw Error(ErrorKind::kData, fmt::format("unknown operation \"{}\"", name));
}

}  // namespace assay::models
