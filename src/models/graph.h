#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include <functional>
#include <string>
#include <vector>

#include "models/activation.h"

namespace assay::models {

using NodeId = std::size_t;

enum class Op {
#define OPERATION(constant, name) constant,
#include "models/operations.def"
#undef OPERATION
};

/// Skips a residual branch in training, image by image: with probability `rate` the branch gives zeros, else it is
/// scaled by 1 / (1 - rate). Source: Huang et al., Deep Networks with Stochastic Depth, arXiv 1603.09382, as
/// torchvision's StochasticDepth with mode "row".
class StochasticDepth final : public torch::nn::Module {
 public:
  explicit StochasticDepth(double its_rate) : torch::nn::Module("StochasticDepth"), rate(its_rate) {}

  /// Shapes: (N, ...) -> the same.
  at::Tensor forward(const at::Tensor& values) const;

  double rate;
};

/// Of a pooling operation. Units: pixels.
struct Window {
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
};

/// One step of a network. The modules are those registered in the model, so both always see the same weights.
struct Node {
  NodeId id;
  Op op;
  std::string name;  ///< path of the module that computes it ("features.0.0"); made up where there is none
  std::vector<NodeId> inputs;
  std::int64_t num_channels = 0;  ///< of kInput
  Activation activation = Activation::kNone;
  torch::nn::Conv2d conv = nullptr;
  torch::nn::BatchNorm2d batch_norm = nullptr;
  std::string norm_name = {};  ///< path of batch_norm
  torch::nn::Linear linear = nullptr;
  double output_scale = 1.0;  ///< of kLinear: factor on what it gives, before its activation
  torch::nn::Dropout dropout = nullptr;
  std::shared_ptr<StochasticDepth> stochastic_depth = nullptr;
  Window window = {};                          ///< of kMaxPool and kAveragePool; that kSamePad is for
  at::Tensor map_weight = {};                  ///< of kChannelMap: (C_out, C_in), fixed
  at::Tensor map_bias = {};                    ///< of kChannelMap: (C_out), fixed
  std::vector<at::Tensor> mixing = {};         ///< of kMix: a learnable scalar for each input
  std::vector<std::string> mixing_names = {};  ///< paths of these parameters
};

/// The nodes in an order in which they can be computed: the first is the input, the last gives the logits.
using Graph = std::vector<Node>;

/// Computes one node from the values of its inputs.
using Evaluate = std::function<at::Tensor(const Node& node, at::ArrayRef<at::Tensor> inputs)>;

/// Computes the whole network: `evaluate` is called for every node but the input. Values are released after their last
/// use.
at::Tensor run_graph(const Graph& graph, const at::Tensor& images, const Evaluate& evaluate);

/// Weight and bias of a convolution or linear layer into which its BatchNorm has been folded.
struct FoldedLayer {
  at::Tensor weight;
  at::Tensor bias;
};

/// Returns the factor by which folding multiplies the weights of each output channel of a layer.
/// Shapes: -> (C_out) double.
at::Tensor folding_gain(const Node& node);

/// Folds each BatchNorm (its running statistics) into the convolution before it; the model is left unchanged.
/// Returns one entry a node, with undefined tensors where a node is neither a convolution nor a linear layer.
std::vector<FoldedLayer> fold_batch_norm(const Graph& graph);

/// Computes a convolution or linear layer from folded weights, without its activation.
at::Tensor apply_layer(const Node& node, const FoldedLayer& layer, const at::Tensor& input);

/// Computes a node in evaluation, a convolution or linear layer from its folded weights.
at::Tensor evaluate_folded(const Node& node, const FoldedLayer& layer, at::ArrayRef<at::Tensor> inputs);

}  // namespace assay::models
