#pragma once

#include "models/graph.h"

namespace assay::models {

/// What an operation does to channels; by this they are pruned.
enum class ChannelRule {
  kOwn,          ///< gives channels of its own
  kPassed,       ///< output channel i comes from input channel i alone
  kTied,         ///< output channel i comes from channel i of every input, which so stay or go together
  kConcatenated  ///< the inputs' channels one after another
};

/// What is known of an operation. Whatever computes, prunes, counts or saves networks asks its row.
struct OperationRow {
  std::string_view name;  ///< in files
  /// Computes a node in float from the model's modules; dropout and the like act in training.
  at::Tensor (*compute)(const Node& node, at::ArrayRef<at::Tensor> inputs, bool training);
  ChannelRule channels;
  /// Counts the multiplications of one image. Shapes: output (1, C, H, W) or (1, C).
  std::int64_t (*count_macs)(const Node& node, at::IntArrayRef output) = nullptr;
};

const OperationRow& row_of(Op op);

/// Returns the node's own rule: a depthwise convolution passes channels.
ChannelRule channel_rule(const Node& node);

/// Returns the shares of the inputs of a kMix node: softmax over its scalars. Shapes: -> (number of inputs).
at::Tensor mixing_weights(const Node& node);

/// Computes the convolution of a kConv node alone. Shapes: (N, C, H, W) -> (N, C_out, H_out, W_out).
/// In training on the CPU, a pointwise convolution with a stride and fewer than 16 input channels picks the pixels that
/// it sees first: computing its weights' gradient in the channels-last layout, oneDNN 3.10 writes beyond its workspace
/// (uxlfoundation/oneDNN issue 6035).
at::Tensor convolve(const Node& node, const at::Tensor& values, bool training);

/// Computes the same with another weight of the same shape.
at::Tensor convolve(const Node& node, const at::Tensor& weight, const at::Tensor& values, bool training);

/// Computes kSamePad; zeros of a quantized tensor are zeros.
at::Tensor pad_same(const at::Tensor& values, const Window& window);

/// Finds an operation by its name in files. Errors: Error(kData) for an unknown one.
Op find_operation(std::string_view name);

}  // namespace assay::models
