#pragma once

#include <torch/csrc/jit/api/module.h>

#include <vector>

#include "compress/range.h"

namespace assay::compress {

struct QuantizeOptions {
  RangeOptions range;
  std::int64_t largest_grouped_weight = 127;  ///< see largest_grouped_weight()
  bool correct_bias = true;                   ///< cancel the mean shift that rounding causes in each channel
  std::int64_t num_at_once = 128;             ///< images that are computed at a time, which bounds the memory
};

/// Is a network whose layers compute in int8: weights symmetric per output channel, activations uint8 per tensor. The
/// last linear layer rounds its input to 8 bits but gives float logits, since ties between rounded logits would change
/// answers.
class QuantizedNetwork {
 public:
  /// Quantises a graph layer by layer: each is calibrated on what the float network computes for `images`, and its bias
  /// corrected for what the already quantised layers before it really feed it. Float values are there for `num_at_once`
  /// images at a time; of all images only the 8-bit values that later layers need are kept.
  /// Weights are packed for the engine in force. The graph must outlive the network.
  /// Source: bias correction after Nagel et al., arXiv 1906.04721, section 4.2, with measured means.
  QuantizedNetwork(const models::Graph& graph, const at::Tensor& images, const QuantizeOptions& options);

  /// Computes logits. Shapes: images (N, 3, H, W) float -> (N, K) float.
  at::Tensor forward(const at::Tensor& images) const;

  /// Makes the packed weights attributes of a TorchScript module, as tracing wants them.
  void register_weights(torch::jit::Module& module) const;

 private:
  struct Layer {
    ConvWeights conv;
    LinearWeights linear;
    QuantParams before_activation;
    QuantParams output;
  };

  at::Tensor evaluate(const models::Node& node, at::ArrayRef<at::Tensor> inputs) const;
  at::Tensor evaluate_unbounded(const models::Node& node, at::ArrayRef<at::Tensor> inputs) const;
  at::Tensor bounded(const at::Tensor& values) const;
  at::Tensor hardsigmoid(const at::Tensor& values, QuantParams output) const;
  at::Tensor evaluate_layer(const models::Node& node, const at::Tensor& input) const;
  void pack_layer(const models::Node& node, const models::FoldedLayer& folded, const at::Tensor& exact_means,
                  const std::vector<at::Tensor>& rounded_inputs, std::int64_t num_images);
  bool gives_logits(const models::Node& node) const;

  const models::Graph& graph_;
  QuantizeOptions options_;
  QuantParams input_;
  std::vector<Layer> layers_;  ///< one a node
};

}  // namespace assay::compress
