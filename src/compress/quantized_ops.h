#pragma once

#include <ATen/Context.h>
#include <ATen/native/quantized/PackedParams.h>

#include <string>
#include <string_view>

#include "models/graph.h"

namespace assay::compress {

using ConvWeights = c10::intrusive_ptr<ConvPackedParamsBase<2>>;
using LinearWeights = c10::intrusive_ptr<LinearPackedParamsBase>;

/// Maps a real number x to the integer round(x / scale) + zero_point.
struct QuantParams {
  double scale = 1.0;
  std::int64_t zero_point = 0;
};

/// Chooses LibTorch's engine for int8 layers while it lives; weights are packed for the engine of that moment.
class EngineScope {
 public:
  /// Engines: "fbgemm", "x86", "onednn"; "" leaves the one in force. Errors: Error(kConfig) when this build of LibTorch
  /// lacks the engine.
  explicit EngineScope(std::string_view engine);
  ~EngineScope();
  EngineScope(const EngineScope&) = delete;
  EngineScope& operator=(const EngineScope&) = delete;

 private:
  at::QEngine before_;
};

/// Says whether this processor adds int8 products of matrices without intermediate saturation (AVX-512 VNNI). Where it
/// does not, activations must keep to 7 bits.
bool has_exact_int8_products();

/// Returns the largest weight of a grouped convolution that the engine adds up exactly beside activations up to
/// `max_level`. FBGEMM, which x86 also calls, adds pairs of products of depthwise convolutions in 16 bits, with or
/// without VNNI.
std::int64_t largest_grouped_weight(std::string_view engine, std::int64_t max_level);

/// Rounds weights to integers of at most `largest` <= 127, symmetrically, with one scale for each output channel.
at::Tensor quantize_weight(const at::Tensor& weight, std::int64_t largest = 127);

ConvWeights pack_conv(const models::Node& node, const at::Tensor& quantized_weight, const at::Tensor& bias);
LinearWeights pack_linear(const at::Tensor& quantized_weight, const at::Tensor& bias);

/// Quantised layers: uint8 in, uint8 out.
at::Tensor conv(const at::Tensor& input, const ConvWeights& weights, QuantParams output, bool relu);
at::Tensor linear(const at::Tensor& input, const LinearWeights& weights, QuantParams output, bool relu);
at::Tensor multiply(const at::Tensor& left, const at::Tensor& right, QuantParams output);
at::Tensor add(const at::Tensor& left, const at::Tensor& right, QuantParams output, bool relu);

/// Computes a linear layer with int8 weights on float values, which are rounded to 8 bits (7 if `reduce_range`) for
/// each call.
at::Tensor linear_dynamic(const at::Tensor& input, const LinearWeights& weights, bool reduce_range);

}  // namespace assay::compress
