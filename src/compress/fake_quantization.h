#pragma once

#include <memory>
#include <vector>

#include "compress/fake_quantize.h"
#include "compress/quantized_network.h"
#include "models/model.h"

namespace assay::compress {

struct FakeQuantizationOptions {
  RangeTraining ranges = RangeTraining::kMovingAverage;
  std::int64_t max_level = 255;
  std::int64_t largest_grouped_weight = 127;  ///< see compress/quantized_ops.h
};

/// Computes a network in float, rounding weights and values where QuantizedNetwork does, so that it can be trained for
/// that. BatchNorm is not folded: each output channel has a weight scale of its own, so that rounding and then scaling
/// a channel, as BatchNorm does, is the same as the other way round. The rest is float32 under autocast too.
/// Source: Jacob et al., Quantization and Training of Neural Networks, arXiv 1712.05877, section 3; weights without
/// the folding of its section 3.2.
class FakeQuantization final : public torch::nn::Module {
 public:
  /// `measured`, the same network in int8, tells where and by what ranges to begin.
  FakeQuantization(const models::Graph& graph, const QuantizedNetwork& measured,
                   const FakeQuantizationOptions& options);

  /// Makes a new one a module of `model`, and what its forward() computes.
  static std::shared_ptr<FakeQuantization> attach(models::Model& model, const QuantizedNetwork& measured,
                                                  const FakeQuantizationOptions& options);

  /// Shapes: images (N, C, H, W) float -> logits (N, K).
  at::Tensor forward(const at::Tensor& images);

  void set_rounding(bool on);  ///< off: moving averages look at the values of the float network
  void set_frozen(bool on);    ///< on: ranges and scales stay as they are
  void limit_scales();         ///< brings learned scales back to where they may be

  /// Returns how the network must be rounded to compute the same in int8.
  Rounding rounding() const;

 private:
  /// The quantizers of a node, null where nothing is rounded.
  struct Place {
    std::shared_ptr<WeightQuantizer> weight;
    std::shared_ptr<ValueQuantizer> before_activation, output;
  };

  Place make_place(const models::Node& node, const QuantizedNetwork& measured, const FakeQuantizationOptions& options);
  std::shared_ptr<ValueQuantizer> add_values(const std::string& name, QuantParams initial,
                                             const ValueQuantizer::Options& options);
  at::Tensor evaluate(const models::Node& node, at::ArrayRef<at::Tensor> inputs) const;
  at::Tensor evaluate_layer(const models::Node& node, const at::Tensor& input) const;
  at::Tensor round_last_input(const at::Tensor& values) const;

  const models::Graph* graph_;
  std::int64_t max_level_;
  bool rounds_ = true;
  std::shared_ptr<ValueQuantizer> input_;
  std::vector<Place> places_;                              // one a node
  std::vector<std::shared_ptr<ValueQuantizer>> levels_;    // one a node: on whose levels its values lie
  std::vector<std::shared_ptr<ValueQuantizer>> values_;    // all
  std::vector<std::shared_ptr<WeightQuantizer>> weights_;  // all
  std::vector<bool> gives_logits_;
};

}  // namespace assay::compress
