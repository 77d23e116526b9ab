#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include <functional>
#include <string>
#include <vector>

namespace assay::models {

using NodeId = std::size_t;

enum class Op {
  kInput,       ///< the images
  kConv,        ///< convolution, then BatchNorm if any, then the activation
  kLinear,      ///< x W^T + b, then the activation
  kGlobalPool,  ///< mean over H and W: (N, C, H, W) -> (N, C, 1, 1)
  kFlatten,     ///< (N, C, 1, 1) -> (N, C)
  kDropout,     ///< identity except in training
  kMultiply,    ///< product of two tensors; the second may be (N, C, 1, 1)
  kAdd,         ///< sum of two tensors, then the activation
};

enum class Activation { kNone, kRelu, kHardswish, kHardsigmoid };

/// Is one step of a network. The modules are those registered in the model, so both always see the same weights.
struct Node {
  NodeId id;
  Op op;
  std::string name;  ///< path of the module that computes it ("features.0.0"); made up where there is none
  std::vector<NodeId> inputs;
  Activation activation = Activation::kNone;
  torch::nn::Conv2d conv = nullptr;
  torch::nn::BatchNorm2d batch_norm = nullptr;
  torch::nn::Linear linear = nullptr;
  torch::nn::Dropout dropout = nullptr;
};

/// Holds the nodes in an order in which they can be computed: the first is the input, the last gives the logits.
using Graph = std::vector<Node>;

/// Computes one node from the values of its inputs.
using Evaluate = std::function<at::Tensor(const Node& node, at::ArrayRef<at::Tensor> inputs)>;

/// Computes the whole network: `evaluate` is called for every node but the input. Values are let go after their last
/// use.
at::Tensor run_graph(const Graph& graph, const at::Tensor& images, const Evaluate& evaluate);

/// Computes a node without weights (pooling, flattening, product, sum, dropout in evaluation); these are alike in every
/// way of running a network in float.
at::Tensor evaluate_weightless(const Node& node, at::ArrayRef<at::Tensor> inputs);

at::Tensor apply_activation(const at::Tensor& values, Activation activation);

/// Is the weight and bias of a convolution or linear layer into which its BatchNorm has been folded.
struct FoldedLayer {
  at::Tensor weight;
  at::Tensor bias;
};

/// Folds each BatchNorm (its running statistics) into the convolution before it; the model stays as it was.
/// Returns one entry a node, with undefined tensors where a node has no weights.
std::vector<FoldedLayer> fold_batch_norm(const Graph& graph);

/// Computes a convolution or linear layer from folded weights, without its activation.
at::Tensor apply_layer(const Node& node, const FoldedLayer& layer, const at::Tensor& input);

/// Computes a node in evaluation from folded weights.
at::Tensor evaluate_folded(const Node& node, const FoldedLayer& layer, at::ArrayRef<at::Tensor> inputs);

}  // namespace assay::models
