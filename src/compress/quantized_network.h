#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compress/network.h"
#include "compress/range.h"

namespace assay::compress {

struct QuantizeOptions {
  std::string engine = "fbgemm";
  RangeOptions range;
  std::int64_t largest_grouped_weight = 127;  ///< see largest_grouped_weight()
  bool correct_bias = true;                   ///< cancel the mean shift that rounding causes in each channel
  std::vector<std::string> keep_float =
      {};                          ///< layers that compute in float: names, or what stands before a dot in them
  double min_sqnr_db = 0.0;        ///< layers whose rounding is worse compute in float, too; 0: none
  bool equalise = false;           ///< scale channels first, see compress/equalise.h
  std::int64_t num_at_once = 128;  ///< images that are computed at a time, which bounds the memory
};

/// Returns the options for an engine and a number of bits of activations, 7 or 8; without one the processor decides.
QuantizeOptions quantize_options(const std::string& engine, std::optional<std::int64_t> activation_bits);

/// Says whether a layer has that name, or one that begins with it and a dot.
bool lies_below(const std::string& layer, const std::string& name);

/// How a network is rounded, where that is known and need not be measured.
struct Rounding {
  struct Place {
    QuantParams before_activation, output;  ///< as QuantizedNetwork::Layer's
    at::Tensor weight;  ///< of a layer, BatchNorm folded into it: int8, with a scale for each channel
  };
  QuantParams input;
  std::vector<Place> places;  ///< one a node
};

/// A network whose layers compute in int8: weights symmetric per output channel, activations uint8 per tensor. The
/// last linear layer rounds its input to 8 bits but gives float logits, since ties between rounded logits would change
/// answers.
class QuantizedNetwork final : public Quantized {
 public:
  /// Quantizes a network layer by layer: each is calibrated on what the float network computes for `images`, and its
  /// bias corrected for what the already quantized layers before it really feed it. Float values are there for
  /// `num_at_once` images at a time; of all images only the 8-bit values that later layers need are kept. Weights are
  /// packed for the engine in force. Source: bias correction after Nagel et al., arXiv 1906.04721, section 4.2, with
  /// measured means.
  QuantizedNetwork(std::shared_ptr<models::Model> model, const at::Tensor& images, const QuantizeOptions& options);

  /// Makes a network that rounds as it is told; biases are not corrected.
  QuantizedNetwork(std::shared_ptr<models::Model> model, const Rounding& rounding, const QuantizeOptions& options);

  at::Tensor forward(const at::Tensor& images) const override;
  void register_weights(torch::jit::Module& module) const override;
  std::string engine() const override { return options_.engine; }

  // --- For whoever writes the network in another form.

  struct Layer {
    ConvWeights conv;               ///< null but for a convolution
    LinearWeights linear;           ///< null but for a linear layer
    QuantParams before_activation;  ///< where the activation is a step of its own
    QuantParams output;             ///< as measured
    models::FoldedLayer in_float;   ///< of a layer that computes in float between values that are rounded
    double sqnr_db =
        0.0;  ///< 10 log10(signal / noise) of the output: what rounding adds in this layer; 0: not measured
  };

  const models::Graph& graph() const { return graph_; }
  const std::vector<Layer>& layers() const { return layers_; }   ///< one a node
  QuantParams input() const { return input_; }                   ///< how images are rounded
  std::int64_t num_equalised() const { return num_equalised_; }  ///< pairs of layers
  std::int64_t max_level() const { return options_.range.max_level; }

  /// Lists the layers that compute in float.
  std::vector<std::string> float_layers() const;

  /// Says whether a node is the last linear layer, which gives float logits.
  bool gives_logits(const models::Node& node) const;

  /// Returns how the value of each node really is rounded, one a node; without meaning for float logits.
  /// Shapes: `image_shape` is (C, H, W).
  std::vector<QuantParams> value_params(const std::array<std::int64_t, 3>& image_shape) const;

 private:
  at::Tensor evaluate(const models::Node& node, at::ArrayRef<at::Tensor> inputs) const;
  at::Tensor evaluate_unbounded(const models::Node& node, at::ArrayRef<at::Tensor> inputs) const;
  at::Tensor bounded(const at::Tensor& values) const;
  at::Tensor evaluate_layer(const models::Node& node, const at::Tensor& input) const;
  struct Calibration;

  at::Tensor evaluate_in_float(const models::Node& node, const at::Tensor& input) const;
  void quantize_layer(const models::Node& node, const models::FoldedLayer& folded, const Calibration& calibration);
  at::Tensor corrected_bias(const models::Node& node, const models::FoldedLayer& rounded,
                            const Calibration& calibration) const;
  double measure_sqnr(const models::Node& node, const models::FoldedLayer& in_float,
                      const Calibration& calibration) const;
  void pack_layer(const models::Node& node, const at::Tensor& weight, const at::Tensor& bias);

  std::shared_ptr<models::Model> model_;
  const models::Graph& graph_;
  QuantizeOptions options_;
  QuantParams input_;
  std::int64_t num_equalised_ = 0;
  std::vector<Layer> layers_;
};

}  // namespace assay::compress
