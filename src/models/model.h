#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/option.h"
#include "config/section.h"
#include "models/graph.h"

namespace assay::models {

/// Is an image classifier: a module tree with PyTorch's parameter names, and one description of its topology as a
/// graph, by which it is run, folded, calibrated, quantised and exported alike. Shapes: N images, C channels, H x W
/// pixels, K classes.
class Model : public torch::nn::Module {
 public:
  /// Computes logits. Shapes: images (N, 3, H, W) float, normalised -> (N, K).
  at::Tensor forward(const at::Tensor& images);

  const Graph& graph() const { return graph_; }

  /// Makes training keep few values for the backward pass and compute the others twice (models/checkpointing.h).
  void set_gradient_checkpointing(bool on) { checkpoints_gradients_ = on; }

  /// Counts the numbers that training changes.
  std::int64_t num_parameters() const;

 protected:
  struct ConvOptions {
    std::int64_t in_channels;
    std::int64_t out_channels;
    std::int64_t kernel = 1;  ///< odd; padded so that stride 1 keeps the size
    std::int64_t stride = 1;
    std::int64_t groups = 1;
    bool bias = false;
    Activation activation = Activation::kNone;
  };

  /// Each adds a node to the graph and returns it; `path` is where its module is registered ("features.0.0").
  NodeId add_input();
  NodeId add_conv(const std::string& path, NodeId input, const ConvOptions& options);
  NodeId add_linear(const std::string& path, NodeId input, std::int64_t num_in, std::int64_t num_out,
                    Activation activation);
  NodeId add_dropout(const std::string& path, NodeId input, double probability);
  NodeId add_global_pool(NodeId input);
  NodeId add_flatten(NodeId input);
  NodeId add_multiply(NodeId left, NodeId right);
  NodeId add_sum(NodeId left, NodeId right, Activation activation = Activation::kNone);

  /// Gives the convolution `node` a BatchNorm, which acts before its activation.
  void add_batch_norm(const std::string& path, NodeId node, double epsilon, double momentum);

 private:
  Node& append(Op op, std::string name, std::vector<NodeId> inputs);
  void register_at(const std::string& path, std::shared_ptr<torch::nn::Module> module);

  Graph graph_;
  bool checkpoints_gradients_ = false;
};

/// Makes the model that `section.name()` names, with weights drawn from `seed` alone.
/// Errors: Error(kConfig) for an unknown name (the nearest is suggested) or a bad option.
std::shared_ptr<Model> make_model(const config::Section& section, std::int64_t num_classes, std::uint64_t seed);

/// Describes all models, for the schema of what chooses among them.
std::vector<config::PluginOptions> describe_models();

}  // namespace assay::models
