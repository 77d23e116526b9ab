#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/option.h"
#include "config/section.h"
#include "models/graph.h"

namespace assay::models {

/// An image classifier: a module tree with PyTorch's parameter names, and one description of its topology as a graph,
/// by which it is run, folded, pruned, quantized, exported and saved alike. Shapes: N images, C channels, H x W pixels,
/// K classes.
class Model : public torch::nn::Module {
 public:
  /// Computes logits. Shapes: images (N, 3, H, W) float, normalised -> (N, K).
  at::Tensor forward(const at::Tensor& images);

  const Graph& graph() const { return graph_; }

  /// Puts another computation in place of forward(), such as one that rounds values; copy() leaves it out. What it
  /// needs to live as long as the model can be a module of it.
  void set_forward(std::function<at::Tensor(const at::Tensor& images)> forward) { forward_ = std::move(forward); }

  /// Makes training keep few values for the backward pass and compute the others twice (models/checkpointing.h).
  void set_gradient_checkpointing(bool on) { checkpoints_gradients_ = on; }

  /// Counts the numbers that training changes.
  std::int64_t num_parameters() const;

  /// Counts the multiplications of one image. Shapes: image_shape is (C, H, W).
  std::int64_t count_macs(const std::array<std::int64_t, 3>& image_shape) const;

  /// Tells whether files of weights may hold a tensor of that name that the network does without.
  bool passes_over(const std::string& name) const;

  /// Returns a network of the same graph with copies of the weights, in the same mode and on the same device.
  std::shared_ptr<Model> copy() const;

  // --- To describe a network: by the constructor of a model, or node by node from outside.

  struct ConvOptions {
    std::int64_t in_channels;
    std::int64_t out_channels;
    std::int64_t kernel = 1;  ///< odd; padded so that stride 1 keeps the size
    std::int64_t stride = 1;
    std::int64_t groups = 1;
    bool bias = false;
    Activation activation = Activation::kNone;
    bool is_padded = true;  ///< false: by the node before it
  };

  /// Each adds a node to the graph and returns it; `path` is where its module is registered ("features.0.0").
  NodeId add_input(std::int64_t num_channels = 3);
  NodeId add_conv(const std::string& path, NodeId input, const ConvOptions& options);
  NodeId add_linear(const std::string& path, NodeId input, std::int64_t num_in, std::int64_t num_out,
                    Activation activation, double output_scale = 1.0);
  NodeId add_dropout(const std::string& path, NodeId input, double probability);
  NodeId add_global_pool(NodeId input);

  /// Adds zeros around the image as TensorFlow's "SAME" does for a convolution of that kernel and stride: where the
  /// total is odd, one row and column more at the end. Source: tensorflow/core/framework/kernel_shape_util.cc.
  NodeId add_same_pad(NodeId input, std::int64_t kernel, std::int64_t stride);
  NodeId add_pool(Op op, NodeId input, Window window);  ///< kMaxPool or kAveragePool
  NodeId add_flatten(NodeId input);
  NodeId add_multiply(NodeId left, NodeId right, Activation activation = Activation::kNone);
  NodeId add_sum(NodeId left, NodeId right, Activation activation = Activation::kNone);
  NodeId add_stochastic_depth(const std::string& path, NodeId input, double rate);
  NodeId add_concatenation(std::vector<NodeId> inputs);

  /// Adds a fixed linear map of the channels: brightness from colours, say. Shapes: weight (C_out, C_in), bias (C_out).
  NodeId add_channel_map(NodeId input, at::Tensor weight, at::Tensor bias);

  /// Adds a weighted sum, whose weights are the softmax of learnable scalars: one for each input, registered at
  /// `paths`, `initial` at first.
  NodeId add_mix(std::vector<NodeId> inputs, std::vector<std::string> paths, const std::vector<double>& initial);

  /// Gives the convolution `node` a BatchNorm, which acts before its activation. Without a momentum the running
  /// statistics are plain averages.
  void add_batch_norm(const std::string& path, NodeId node, double epsilon, std::optional<double> momentum);

  /// Adds a convolution with a BatchNorm that has PyTorch's usual epsilon, 1e-5, and momentum, 0.1.
  NodeId add_conv_norm(const std::string& conv_path, const std::string& norm_path, NodeId input,
                       const ConvOptions& options);

  /// Says what the names of tensors contain that belong to the network's original and are of no use.
  void pass_over(std::vector<std::string> parts_of_names) { passed_over_ = std::move(parts_of_names); }

 private:
  Node& append(Op op, std::string name, std::vector<NodeId> inputs);
  torch::nn::Module& parent_of(const std::string& path);
  void register_at(const std::string& path, std::shared_ptr<torch::nn::Module> module);

  Graph graph_;
  std::vector<std::string> passed_over_;
  std::function<at::Tensor(const at::Tensor& images)> forward_;  // null: by the graph
  bool checkpoints_gradients_ = false;
};

/// Makes the model that `section.name()` names, with the weights of the file `section.weights` ("pretrained": the one
/// in the cache that scripts/weights fetched), or else drawn from `seed` alone.
/// Errors: Error(kConfig) for an unknown name (the nearest is suggested) or a bad option; as load_weights().
std::shared_ptr<Model> make_model(const config::Section& section, std::int64_t num_classes, std::uint64_t seed);

/// Makes the model, without its file of weights, from two seeds. Errors: as make_model(); Error(kInternal) when both
/// give the same weights, so that a seed would change nothing.
void check_model(const config::Section& section);

/// Returns the SHA-256 in hexadecimal of the file of weights that the section names; empty for none.
/// Errors: Error(kData) when it cannot be read.
std::string weights_digest(const config::Section& section);

/// Describes all models, for the schema of what chooses among them.
std::vector<config::PluginOptions> describe_models();

}  // namespace assay::models
