#pragma once

#include <torch/csrc/jit/api/module.h>

#include <vector>

#include "compress/range.h"

namespace assay::compress {

struct QuantizeOptions {
  RangeOptions range;
  std::int64_t largest_grouped_weight = 127;  ///< see largest_grouped_weight()
  bool correct_bias = true;                   ///< cancel the mean shift that rounding causes in each channel
};

/// Is a network whose layers compute in int8: weights symmetric per output channel, activations uint8 per tensor. The
/// last linear layer rounds its input to 8 bits but gives float logits, since ties between rounded logits would change
/// answers.
class QuantizedNetwork {
 public:
  /// Quantises a graph layer by layer: each is calibrated on what the float network computes for `images`, and its bias
  /// corrected for what the already quantised layers before it really feed it.
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
  at::Tensor calibrate_layer(const models::Node& node, const models::FoldedLayer& folded, const at::Tensor& exact_input,
                             const at::Tensor& rounded_input);
  bool gives_logits(const models::Node& node) const;

  const models::Graph& graph_;
  QuantizeOptions options_;
  QuantParams input_;
  std::vector<Layer> layers_;  ///< one a node
};

}  // namespace assay::compress
